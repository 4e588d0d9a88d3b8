import { type Type } from '@nestjs/common';
import { isPlainObject } from '../../common/plain-object.js';
import { type DtoShape, shapeOf } from './dto-shape.js';
import { type ValidationIssue, MAX_ISSUES } from '../../event-store/domain/index.js';
import { pathOf } from './property-path.js';

/** Nested DTOs in one request; each costs some microseconds to validate. */
const MAX_NESTED = 1_000;

type Path = readonly (string | number)[];
type Plain = Readonly<Record<string, unknown>>;

/**
 * The part of a request that class-transformer may see: declared members that are scalars, lists of scalars, or DTOs. Free-form
 * JSON stays out, because it would be copied, with its members named `constructor` dropped or even called; {@link keepAsSent} puts
 * it in its place afterwards.
 */
export interface DtoMembers {
  readonly plain: Plain;
  /** Members that are not declared, and DTOs that are something else; `plain` is of no use then. */
  readonly mistakes: readonly ValidationIssue[];
}

/** @param value as parsed, not nested deeper than a stack allows */
export function membersFor(dto: Type<object>, value: Plain): DtoMembers {
  const reader = new MembersReader();
  return { plain: reader.object(value, shapeOf(dto), []), mistakes: reader.mistakes };
}

/** Gives an instance the very objects that {@link membersFor} left out of the value it was made from. */
export function keepAsSent(instance: object, dto: Type<object>, value: Plain): void {
  const { nested } = shapeOf(dto);
  for (const [name, member] of Object.entries(value)) {
    const inner = nested.get(name);
    if (!inner) {
      if (isFreeForm(member)) Reflect.set(instance, name, member);
      continue;
    }
    const made: unknown = Reflect.get(instance, name);
    const pairs =
      Array.isArray(member) && Array.isArray(made)
        ? made.map((entry: unknown, index) => [entry, (member as readonly unknown[])[index]] as const)
        : [[made, member] as const];
    for (const [entry, sent] of pairs) {
      if (isPlainObject(sent) && typeof entry === 'object' && entry !== null) keepAsSent(entry, inner.dto, sent);
    }
  }
}

class MembersReader {
  readonly mistakes: ValidationIssue[] = [];
  #nested = 0;

  object(value: Plain, { members, nested }: DtoShape, path: Path): Plain {
    const plain: Record<string, unknown> = {};
    for (const name of Object.keys(value)) {
      if (this.mistakes.length >= MAX_ISSUES) break;
      const member = value[name];
      const inner = nested.get(name);
      if (!members.has(name)) this.#wrong([...path, name], 'should not exist');
      else if (!inner || member === undefined || member === null) this.#scalar(plain, name, member);
      else if (inner.isList) plain[name] = this.#list(member, shapeOf(inner.dto), [...path, name]);
      else plain[name] = this.#entry(member, shapeOf(inner.dto), [...path, name]);
    }
    return plain;
  }

  #scalar(plain: Record<string, unknown>, name: string, value: unknown): void {
    if (!isFreeForm(value)) plain[name] = value;
  }

  #list(value: unknown, shape: DtoShape, path: Path): readonly unknown[] | undefined {
    if (!Array.isArray(value)) return this.#wrong(path, 'must be a list of objects');
    const entries: readonly unknown[] = value;
    this.#nested += entries.length;
    if (this.#nested > MAX_NESTED)
      return this.#wrong(path, `has more than ${MAX_NESTED} entries; send them in several requests`);
    return entries.map((entry, index) => this.#entry(entry, shape, [...path, index]));
  }

  #entry(value: unknown, shape: DtoShape, path: Path): Plain | undefined {
    return isPlainObject(value) ? this.object(value, shape, path) : this.#wrong(path, 'must be an object');
  }

  #wrong(path: Path, problem: string): undefined {
    if (this.mistakes.length < MAX_ISSUES) this.mistakes.push({ path: pathOf(path), problem });
    return undefined;
  }
}

/** Scalars, and lists of them, may be converted by a DTO's decorators; anything else must come through as it was parsed. */
function isFreeForm(value: unknown): boolean {
  const isObject = (member: unknown): boolean => typeof member === 'object' && member !== null;
  return isObject(value) && !(Array.isArray(value) && !value.some(isObject));
}
