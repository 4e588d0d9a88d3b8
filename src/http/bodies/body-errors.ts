import { PayloadTooLargeException, UnsupportedMediaTypeException } from '@nestjs/common';
import { RateLimitedError, ValidationError, validationError } from '../../errors/index.js';
import { type BodyLimits } from './body-limits.js';
import { type JsonExcess, MAX_JSON_DEPTH } from './json-scan.js';

export function tooManyBytes({ bytes }: BodyLimits): PayloadTooLargeException {
  return new PayloadTooLargeException(`The request body is too large: this route takes at most ${bytes} bytes`);
}

export function tooMuchInflation(maxRatio: number): PayloadTooLargeException {
  return new PayloadTooLargeException(
    `The request body is more than ${maxRatio} times as large as its compressed form; send it with less compression`,
  );
}

export function jsonExcess(excess: JsonExcess, { values }: BodyLimits): Error {
  return excess === 'depth'
    ? validationError([{ path: 'body', problem: `must have at most ${MAX_JSON_DEPTH} levels of nesting` }])
    : new PayloadTooLargeException(
        `The request body is too large: this route takes at most ${values} values and names of members`,
      );
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
