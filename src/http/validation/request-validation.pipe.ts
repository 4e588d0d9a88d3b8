import { type ArgumentMetadata, type Type, ValidationPipe, type ValidationError as Violation } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validate } from 'class-validator';
import { isPlainObject } from '../../common/plain-object.js';
import { validationError, type ValidationIssue } from '../../event-store/domain/index.js';
import { keepAsSent, membersFor } from './dto-properties.js';
import { jsonIssues } from './i-json.js';

const OPTIONS = {
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: true,
  validationError: { target: false, value: false },
};

/**
 * Checks every request: a body can be kept as it was sent, a DTO is what it declares. Unknown members are refused, not dropped, and
 * each mistake is told by its path.
 */
export class RequestValidationPipe extends ValidationPipe {
  constructor() {
    super({ transform: true });
  }

  /** @throws ValidationError with `details.mistakes`, see {@link ValidationIssue} */
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'body') refuse(jsonIssues(value));
    const dto: unknown = metadata.metatype;
    return isClass(dto) && this.toValidate(metadata)
      ? instanceOf(dto, value ?? {}, metadata.type)
      : super.transform(value, metadata);
  }
}

function isClass(metatype: unknown): metatype is Type<object> {
  return typeof metatype === 'function';
}

async function instanceOf(dto: Type<object>, value: unknown, place: string): Promise<object> {
  if (!isPlainObject(value)) throw validationError([{ path: place, problem: 'must be an object' }]);
  const { plain, mistakes } = membersFor(dto, value);
  refuse(mistakes);
  const instance = plainToInstance(dto, plain);
  keepAsSent(instance, dto, value);
  refuse((await validate(instance, OPTIONS)).flatMap((violation) => mistakesOf(violation, '')));
  return instance;
}

function refuse(mistakes: readonly ValidationIssue[]): void {
  if (mistakes.length > 0) throw validationError(mistakes);
}

function mistakesOf({ property, constraints, children }: Violation, parent: string): ValidationIssue[] {
  const path = parent === '' ? property : `${parent}.${property}`;
  const own = Object.values(constraints ?? {}).map((problem) => ({ path, problem }));
  return [...own, ...(children ?? []).flatMap((child) => mistakesOf(child, path))];
}
