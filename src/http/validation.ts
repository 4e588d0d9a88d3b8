import { type ArgumentMetadata, ValidationPipe, type ValidationError as Violation } from '@nestjs/common';
import { ValidationError } from '../event-store/domain/index.js';

interface Mistake {
  /** Where in the request, such as `limit` or `items.0.name`. */
  readonly path: string;
  readonly problem: string;
}

/** Names that reach into an object's prototype. class-transformer drops them; they are refused, as every unknown name is. */
const RESERVED = ['__proto__', 'constructor', 'prototype'];

/** Checks every DTO: unknown properties are refused, not dropped, and each mistake is told by its path. */
export class RequestValidationPipe extends ValidationPipe {
  constructor() {
    super({ whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true, transform: true, exceptionFactory: (violations) => errorOf(violations.flatMap((violation) => mistakesOf(violation, ''))) });
  }

  override transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'query' || metadata.type === 'body') {
      const reserved = reservedNamesIn(value);
      if (reserved.length > 0) throw errorOf(reserved.map((path) => ({ path, problem: 'should not exist' })));
    }
    return super.transform(value, metadata);
  }
}

function reservedNamesIn(value: unknown): string[] {
  return typeof value === 'object' && value !== null ? RESERVED.filter((name) => Object.hasOwn(value, name)) : [];
}

function errorOf(mistakes: readonly Mistake[]): ValidationError {
  return new ValidationError(`The request is not valid: ${mistakes.map(({ path, problem }) => `${path}: ${problem}`).join('; ')}`, { details: { mistakes } });
}

function mistakesOf({ property, constraints, children }: Violation, parent: string): Mistake[] {
  const path = parent === '' ? property : `${parent}.${property}`;
  const own = Object.values(constraints ?? {}).map((problem) => ({ path, problem }));
  return [...own, ...(children ?? []).flatMap((child) => mistakesOf(child, path))];
}
