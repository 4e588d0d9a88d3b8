import { type Type } from '@nestjs/common';
import { knownNames, nearestOf } from '../../common/nearest.js';
import { isPlainObject } from '../../common/plain-object.js';
import { type DtoSchema, dtoSchemaOf } from './dto-schema.js';
import { type ValidationIssue, MAX_ISSUES } from '../../event-store/domain/index.js';
import { propertyPath } from './property-path.js';

/** Maximum number of nested DTOs in one request; validation costs a few microseconds each. */
const MAX_NESTED = 1_000;

/** Longest array of scalars that is converted by the decorators of a DTO; a longer one is validated as it was sent. */
const MAX_CONVERTED = 1_000;

type Path = readonly (string | number)[];
type Plain = Readonly<Record<string, unknown>>;

/**
 * Input for class-transformer: declared properties that are scalars, arrays of scalars, or DTOs. Free-form JSON is
 * excluded, because class-transformer would copy it and drop or even call properties named `constructor`; {@link
 * restoreFreeFormJson} adds it afterwards. `issues`: undeclared properties, and nested DTOs of the wrong type; if there
 * are any, `plain` is incomplete.
 *
 * It takes time for what the DTO declares, whatever the size of the rest.
 *
 * @param place `body` or `query`
 */
export function readDeclaredProperties(
  dto: Type<object>,
  value: Plain,
  place: string,
): { readonly plain: Plain; readonly issues: readonly ValidationIssue[] } {
  const reader = new PropertyReader(place);
  return { plain: reader.object(value, dtoSchemaOf(dto), []), issues: reader.issues };
}

/** Adds to an instance the parsed objects that {@link readDeclaredProperties} excluded from its input. */
export function restoreFreeFormJson(instance: object, dto: Type<object>, value: Plain): void {
  const { nested } = dtoSchemaOf(dto);
  for (const [name, member] of Object.entries(value)) {
    const inner = nested.get(name);
    if (!inner) {
      if (isFreeForm(member)) Reflect.set(instance, name, member);
      continue;
    }
    const transformed: unknown = Reflect.get(instance, name);
    const pairs =
      Array.isArray(member) && Array.isArray(transformed)
        ? transformed.map((entry: unknown, index) => [entry, (member as readonly unknown[])[index]] as const)
        : [[transformed, member] as const];
    for (const [entry, sent] of pairs) {
      if (isPlainObject(sent) && typeof entry === 'object' && entry !== null)
        restoreFreeFormJson(entry, inner.dto, sent);
    }
  }
}

class PropertyReader {
  readonly issues: ValidationIssue[] = [];
  #nested = 0;

  constructor(private readonly place: string) {}

  object(value: Plain, schema: DtoSchema, path: Path): Plain {
    const { properties, nested } = schema;
    const plain: Record<string, unknown> = {};
    for (const name of Object.keys(value)) {
      if (this.issues.length >= MAX_ISSUES) break;
      const member = value[name];
      const inner = nested.get(name);
      if (!properties.has(name)) this.#addIssue([...path, name], this.#unknown(name, schema, value));
      else if (!inner || member === undefined || member === null) {
        if (!isFreeForm(member)) plain[name] = member;
      } else if (inner.isArray) plain[name] = this.#array(member, dtoSchemaOf(inner.dto), [...path, name]);
      else plain[name] = this.#entry(member, dtoSchemaOf(inner.dto), [...path, name]);
    }
    return plain;
  }

  #array(value: unknown, schema: DtoSchema, path: Path): readonly unknown[] | undefined {
    if (!Array.isArray(value)) return this.#addIssue(path, 'must be an array of objects');
    const entries: readonly unknown[] = value;
    this.#nested += entries.length;
    if (this.#nested > MAX_NESTED)
      return this.#addIssue(path, `must have at most ${MAX_NESTED} entries in one request`);
    return entries.map((entry, index) => this.#entry(entry, schema, [...path, index]));
  }

  #entry(value: unknown, schema: DtoSchema, path: Path): Plain | undefined {
    return isPlainObject(value) ? this.object(value, schema, path) : this.#addIssue(path, 'must be an object');
  }

  #unknown(name: string, { properties, freeForm }: DtoSchema, value: Plain): string {
    const isMissing = freeForm !== undefined && !Object.hasOwn(value, freeForm);
    if (isMissing && nearestOf(name, [...properties]) === undefined)
      return `must be a member of '${freeForm}', not of this object: send {"${freeForm}":{…}} around your own members`;
    const what = this.place === 'query' ? 'query parameter' : 'member';
    return `is not a known ${what}; ${knownNames(name, [...properties])}`;
  }

  #addIssue(path: Path, problem: string): undefined {
    if (this.issues.length >= MAX_ISSUES) return undefined;
    this.issues.push({ path: propertyPath(path), problem, ...(this.place === 'body' ? { segments: path } : {}) });
    return undefined;
  }
}

/** True for JSON that must stay as parsed; scalars and arrays of scalars may be converted by a DTO's decorators. */
function isFreeForm(value: unknown): boolean {
  const isObject = (member: unknown): boolean => typeof member === 'object' && member !== null;
  return isObject(value) && !(Array.isArray(value) && value.length <= MAX_CONVERTED && !value.some(isObject));
}
