import { type ErrorObject } from 'ajv/dist/2020.js';
import { truncate } from '../../common/text.js';
import { type ValidationIssue } from '../../event-store/domain/index.js';
import { propertyPath } from '../../http/index.js';

const MAX_VALUE_LENGTH = 200;

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'null',
};

const FORMATS: Readonly<Record<string, string>> = {
  date: 'a day such as 2026-04-25',
  time: 'a time with a time zone, such as 08:30:00Z',
  'date-time': 'an instant such as 2026-04-25T08:30:00Z',
  duration: 'a duration such as P1DT2H',
  email: 'an e-mail address such as alice@example.com',
  hostname: 'the name of a host, such as example.com',
  uri: 'a whole address such as https://example.com/picture.png',
  'uri-reference': 'an address such as /picture.png',
  uuid: 'a UUID',
};

/** What Ajv found, in words for a person; the path is from the request's root, such as `data.items.0.name`. @param root path of the data */
export function issueOf(
  { keyword, instancePath, params, message = 'does not fit', propertyName }: ErrorObject,
  root: readonly string[],
): ValidationIssue {
  const given: Readonly<Record<string, unknown>> = params;
  const place = [...root, ...segmentsOf(instancePath), ...(propertyName === undefined ? [] : [propertyName])];
  const told = (problem: string, ...further: readonly string[]): ValidationIssue => ({
    path: propertyPath([...place, ...further]),
    problem,
  });
  const limit = String(given.limit);
  switch (keyword) {
    case 'required':
    case 'dependentRequired':
      return told('is missing', String(given.missingProperty));
    case 'additionalProperties':
      return told('should not exist', String(given.additionalProperty));
    case 'unevaluatedProperties':
      return told('should not exist', String(given.unevaluatedProperty));
    case 'type':
      return told(
        `must be ${listed(given.type)
          .map((type) => TYPES[type] ?? type)
          .join(' or ')}`,
      );
    case 'format':
      return told(`must be ${FORMATS[String(given.format)] ?? `of the format ${String(given.format)}`}`);
    case 'enum':
      return told(`must be one of ${truncate(listed(given.allowedValues).join(', '), MAX_VALUE_LENGTH)}`);
    case 'const':
      return told(`must be ${truncate(JSON.stringify(given.allowedValue), MAX_VALUE_LENGTH)}`);
    case 'pattern':
      return told(`must match the pattern ${truncate(String(given.pattern), MAX_VALUE_LENGTH)}`);
    case 'minLength':
      return told(`must have ${limit} characters or more`);
    case 'maxLength':
      return told(`must have ${limit} characters or less`);
    case 'minItems':
      return told(`must have ${limit} entries or more`);
    case 'maxItems':
      return told(`must have ${limit} entries or less`);
    case 'minimum':
      return told(`must be ${limit} or more`);
    case 'maximum':
      return told(`must be ${limit} or less`);
    case 'exclusiveMinimum':
      return told(`must be more than ${limit}`);
    case 'exclusiveMaximum':
      return told(`must be less than ${limit}`);
    case 'propertyNames':
      return told('has a name that is not allowed', String(given.propertyName));
    case 'anyOf':
    case 'oneOf':
      return told('does not fit what is allowed here');
    default:
      return told(truncate(message, MAX_VALUE_LENGTH));
  }
}

/** The names in a JSON pointer (RFC 6901). */
function segmentsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function listed(values: unknown): string[] {
  const list: readonly unknown[] = Array.isArray(values) ? values : [values];
  return list.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
}
