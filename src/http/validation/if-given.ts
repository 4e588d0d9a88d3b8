import { ValidateIf } from 'class-validator';

/** A member of a DTO that is left out or valid: null is refused, which `@IsOptional` would let pass. */
export function IfGiven(): PropertyDecorator {
  return ValidateIf((_: unknown, value: unknown) => value !== undefined);
}
