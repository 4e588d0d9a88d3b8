import { ValidationPipe, type ValidationError as Violation } from '@nestjs/common';
import { ValidationError } from '../event-store/domain/index.js';

/** Checks every DTO: unknown properties are refused, not dropped, and each mistake is told by its path. */
export function createValidationPipe(): ValidationPipe {
  return new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    transform: true,
    stopAtFirstError: false,
    exceptionFactory: (violations) => {
      const mistakes = violations.flatMap((violation) => mistakesOf(violation, ''));
      return new ValidationError(`The request is not valid: ${mistakes.map(({ path, problem }) => `${path}: ${problem}`).join('; ')}`, { details: { mistakes } });
    },
  });
}

interface Mistake {
  readonly path: string;
  readonly problem: string;
}

function mistakesOf({ property, constraints, children }: Violation, parent: string): Mistake[] {
  const path = parent === '' ? property : `${parent}.${property}`;
  const own = Object.values(constraints ?? {}).map((problem) => ({ path, problem }));
  return [...own, ...(children ?? []).flatMap((child) => mistakesOf(child, path))];
}
