import { type ErrorObject } from 'ajv/dist/2020.js';
import { truncate } from '../../common/text.js';
import { type ValidationIssue } from '../../event-store/domain/index.js';
import { propertyPath } from '../../http/index.js';

const MAX_VALUE_LENGTH = 200;

const TYPES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  integer: 'an integer',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
  null: 'null',
};

const FORMATS: Readonly<Record<string, string>> = {
  date: 'a date such as 2026-04-25',
  time: 'a time with a time zone such as 08:30:00Z',
  'date-time': 'a timestamp such as 2026-04-25T08:30:00Z',
  duration: 'a duration such as P1DT2H',
  email: 'an e-mail address such as alice@example.com',
  hostname: 'a host name such as example.com',
  uri: 'an absolute URI such as https://example.com/picture.png',
  'uri-reference': 'a URI reference such as /picture.png',
  uuid: 'a UUID',
};

/**
 * Translates an Ajv error; the path begins at the request body, such as `data.items.0.name`.
 *
 * @param root path of the data
 */
export function issueOf(
  { keyword, instancePath, params, message = 'is not valid', propertyName }: ErrorObject,
  root: readonly string[],
): ValidationIssue {
  const given: Readonly<Record<string, unknown>> = params;
  const segments = [...root, ...segmentsOf(instancePath), ...(propertyName === undefined ? [] : [propertyName])];
  const issue = (problem: string, ...further: readonly string[]): ValidationIssue => ({
    path: propertyPath([...segments, ...further]),
    problem,
  });
  const limit = String(given.limit);
  switch (keyword) {
    case 'required':
    case 'dependentRequired':
      return issue('is missing', String(given.missingProperty));
    case 'additionalProperties':
      return issue('should not exist', String(given.additionalProperty));
    case 'unevaluatedProperties':
      return issue('should not exist', String(given.unevaluatedProperty));
    case 'type':
      return issue(
        `must be ${toStrings(given.type)
          .map((type) => TYPES[type] ?? type)
          .join(' or ')}`,
      );
    case 'format':
      return issue(`must be ${FORMATS[String(given.format)] ?? `of the format ${String(given.format)}`}`);
    case 'enum':
      return issue(`must be one of ${truncate(toStrings(given.allowedValues).join(', '), MAX_VALUE_LENGTH)}`);
    case 'const':
      return issue(`must be ${truncate(JSON.stringify(given.allowedValue), MAX_VALUE_LENGTH)}`);
    case 'pattern':
      return issue(`must match the pattern ${truncate(String(given.pattern), MAX_VALUE_LENGTH)}`);
    case 'minLength':
      return issue(`must have at least ${limit} characters`);
    case 'maxLength':
      return issue(`must have at most ${limit} characters`);
    case 'minItems':
      return issue(`must have at least ${limit} items`);
    case 'maxItems':
      return issue(`must have at most ${limit} items`);
    case 'minimum':
      return issue(`must be at least ${limit}`);
    case 'maximum':
      return issue(`must be at most ${limit}`);
    case 'exclusiveMinimum':
      return issue(`must be greater than ${limit}`);
    case 'exclusiveMaximum':
      return issue(`must be less than ${limit}`);
    case 'propertyNames':
      return issue('has a name that is not allowed', String(given.propertyName));
    case 'anyOf':
    case 'oneOf':
      return issue('does not match any of the allowed schemas');
    default:
      return issue(truncate(message, MAX_VALUE_LENGTH));
  }
}

/** The segments of a JSON pointer (RFC 6901). */
function segmentsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function toStrings(values: unknown): string[] {
  const list: readonly unknown[] = Array.isArray(values) ? values : [values];
  return list.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
}
