import { type ErrorObject } from 'ajv/dist/2020.js';
import { knownNames, nearestOf } from '../../common/nearest.js';
import { isPlainObject } from '../../common/plain-object.js';
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

type Params = Readonly<Record<string, unknown>>;

/** Problem of a value, by the keyword of the schema that it violates. */
const PROBLEMS: Readonly<Record<string, (params: Params, schema: unknown) => string>> = {
  required: () => 'is missing',
  dependentRequired: () => 'is missing',
  additionalProperties: ({ additionalProperty }, schema) =>
    `is not a known member; ${knownNames(String(additionalProperty), propertiesOf(schema))}`,
  // Other parts of the schema may describe further members.
  unevaluatedProperties: ({ unevaluatedProperty }, schema) => {
    const nearest = nearestOf(String(unevaluatedProperty), propertiesOf(schema));
    return `is not a known member${nearest === undefined ? '' : `; did you mean '${nearest}'?`}`;
  },
  propertyNames: () => 'has a name that is not allowed',
  type: ({ type }) =>
    `must be ${toStrings(type)
      .map((name) => TYPES[name] ?? name)
      .join(' or ')}`,
  format: ({ format }) => `must be ${FORMATS[String(format)] ?? `of the format ${String(format)}`}`,
  enum: ({ allowedValues }) => `must be one of ${truncate(toStrings(allowedValues).join(', '), MAX_VALUE_LENGTH)}`,
  const: ({ allowedValue }) => `must be ${truncate(JSON.stringify(allowedValue), MAX_VALUE_LENGTH)}`,
  pattern: ({ pattern }) => `must match the pattern ${truncate(String(pattern), MAX_VALUE_LENGTH)}`,
  minLength: ({ limit }) => `must have at least ${String(limit)} characters`,
  maxLength: ({ limit }) => `must have at most ${String(limit)} characters`,
  minItems: ({ limit }) => `must have at least ${String(limit)} items`,
  maxItems: ({ limit }) => `must have at most ${String(limit)} items`,
  minimum: ({ limit }) => `must be at least ${String(limit)}`,
  maximum: ({ limit }) => `must be at most ${String(limit)}`,
  exclusiveMinimum: ({ limit }) => `must be greater than ${String(limit)}`,
  exclusiveMaximum: ({ limit }) => `must be less than ${String(limit)}`,
  anyOf: () => 'does not match any of the allowed schemas',
  oneOf: () => 'does not match any of the allowed schemas',
};

/**
 * Parameter with the name of the member that an error is about, by keyword; other errors are about the value itself.
 */
const MEMBER_PARAMS: Readonly<Record<string, string>> = {
  required: 'missingProperty',
  dependentRequired: 'missingProperty',
  additionalProperties: 'additionalProperty',
  unevaluatedProperties: 'unevaluatedProperty',
  propertyNames: 'propertyName',
};

/** @param root path of the data in the request body, such as `events.0.data` */
export function issueOf(
  { keyword, instancePath, params, message = 'is not valid', propertyName, parentSchema }: ErrorObject,
  root: readonly string[],
): ValidationIssue {
  const given: Params = params;
  const member = MEMBER_PARAMS[keyword];
  const segments = [
    ...root,
    ...segmentsOf(instancePath),
    ...(propertyName === undefined ? [] : [propertyName]),
    ...(member === undefined ? [] : [String(given[member])]),
  ];
  return {
    path: propertyPath(segments),
    segments,
    problem: PROBLEMS[keyword]?.(given, parentSchema) ?? truncate(message, MAX_VALUE_LENGTH),
  };
}

/** Names of the members that an object's schema describes. */
function propertiesOf(schema: unknown): readonly string[] {
  return isPlainObject(schema) && isPlainObject(schema.properties) ? Object.keys(schema.properties) : [];
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
