import { type ArgumentMetadata, type Type, ValidationPipe, type ValidationError as Violation } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validate } from 'class-validator';
import { isPlainObject } from '../../common/plain-object.js';
import { validationError, type ValidationIssue } from '../../event-store/domain/index.js';
import { readDeclaredProperties, restoreFreeFormJson } from './dto-properties.js';
import { jsonIssues } from './i-json.js';

const OPTIONS = {
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: true,
  // Decorators of a property apply in the order of their execution: types and sizes first.
  stopAtFirstError: true,
  validationError: { target: false, value: false },
};

/**
 * Validates every request: bodies against I-JSON, DTOs against their decorators. Undeclared properties are rejected,
 * not dropped. Each invalid property is reported with its path and the first rule that it violates.
 */
export class RequestValidationPipe extends ValidationPipe {
  constructor() {
    super({ transform: true });
  }

  /** @throws ValidationError with `details.mistakes`, see {@link ValidationIssue} */
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const dto: unknown = metadata.metatype;
    if (isClass(dto) && this.toValidate(metadata)) return instanceOf(dto, value ?? {}, metadata.type);
    if (metadata.type === 'body') rejectIssues(jsonIssues(value));
    return super.transform(value, metadata);
  }
}

function isClass(metatype: unknown): metatype is Type<object> {
  return typeof metatype === 'function';
}

async function instanceOf(dto: Type<object>, value: unknown, place: string): Promise<object> {
  if (!isPlainObject(value)) throw validationError([{ path: place, problem: 'must be an object', segments: [] }]);
  const { plain, issues } = readDeclaredProperties(dto, value, place);
  rejectIssues(issues);
  if (place === 'body') rejectIssues(jsonIssues(value));
  const instance = plainToInstance(dto, plain);
  restoreFreeFormJson(instance, dto, value);
  rejectIssues((await validate(instance, OPTIONS)).flatMap((violation) => issuesOf(violation, place, [])));
  return instance;
}

function rejectIssues(issues: readonly ValidationIssue[]): void {
  if (issues.length > 0) throw validationError(issues);
}

function issuesOf(
  { property, constraints, children }: Violation,
  place: string,
  parent: readonly string[],
): ValidationIssue[] {
  const segments = [...parent, property];
  const inBody = place === 'body' ? { segments } : {};
  const own = Object.values(constraints ?? {}).map((problem) => ({ path: segments.join('.'), problem, ...inBody }));
  return [...own, ...(children ?? []).flatMap((child) => issuesOf(child, place, segments))];
}
