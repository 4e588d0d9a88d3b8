import { UnsupportedMediaTypeException } from '@nestjs/common';
import { DomainError, RateLimitedError, ValidationError, validationError } from '../../errors/index.js';
import { propertyPath } from '../validation/property-path.js';
import { type BodyLimits } from './body-limits.js';
import { type JsonExcess, MAX_JSON_DEPTH } from './json-scan.js';

/** A body beyond a limit of its route. */
export class BodyTooLargeError extends DomainError {
  readonly type = 'event-too-large';
}

/** @param given bytes of the body, if its headers say so */
export function tooManyBytes({ bytes }: BodyLimits, given?: number): BodyTooLargeError {
  const got = given === undefined ? '' : `, got ${given}`;
  return new BodyTooLargeError(`The request body is too large: this route takes at most ${bytes} bytes${got}`, {
    details: { maximumBytes: bytes, ...(given === undefined ? {} : { bytes: given }) },
  });
}

export function tooMuchInflation(maxRatio: number): BodyTooLargeError {
  return new BodyTooLargeError(
    `The request body is more than ${maxRatio} times as large as its compressed form; send it with less compression`,
    { details: { maximumRatio: maxRatio } },
  );
}

export function jsonExcess(excess: JsonExcess, { values }: BodyLimits): Error {
  return excess === 'depth'
    ? validationError([
        { path: 'body', problem: `must have at most ${MAX_JSON_DEPTH} levels of nesting`, segments: [] },
      ])
    : new BodyTooLargeError(
        `The request body is too large: this route takes at most ${values} values and names of members`,
        { details: { maximumValues: values } },
      );
}

export function memberTwice(segments: readonly (string | number)[]): ValidationError {
  const problem = 'occurs twice in its object, which can keep one value only; send each member once';
  return validationError([{ path: propertyPath(segments), problem, segments }]);
}

export function notJson(): ValidationError {
  return new ValidationError('The request body is not valid JSON');
}

export function notDecodable(encoding: string): ValidationError {
  return new ValidationError(`The request body is not valid ${encoding}`);
}

export function unsupportedMediaType(accepted: readonly string[]): UnsupportedMediaTypeException {
  return new UnsupportedMediaTypeException(
    `Send the body as JSON, with the header Content-Type: ${accepted.join(' or ')}`,
  );
}

export function unsupportedCharset(): UnsupportedMediaTypeException {
  return new UnsupportedMediaTypeException('The charset of the body is not supported; send JSON in UTF-8');
}

export function unsupportedEncoding(accepted: readonly string[]): UnsupportedMediaTypeException {
  return new UnsupportedMediaTypeException(
    `The Content-Encoding of the body is not supported; send ${accepted.join(', ')} or none`,
  );
}

export function closedConnection(): ValidationError {
  return new ValidationError('The connection was closed before the end of the request body');
}

export function tooManyBodies(): RateLimitedError {
  return new RateLimitedError('Too many large requests are being processed; retry with fewer at a time');
}
