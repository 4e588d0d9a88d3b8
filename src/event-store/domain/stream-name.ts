import { isPrintable, printable } from '../../common/text.js';
import { ValidationError } from '../../errors/index.js';

export const USER_STREAM_TYPES = ['profile', 'preferences', 'activity', 'loans', 'offers'] as const;
export type UserStreamType = (typeof USER_STREAM_TYPES)[number];

/** Kind of a stream, parsed from its name. */
export type StreamIdentity =
  | { readonly kind: 'service-uptime'; readonly service: string }
  | { readonly kind: 'user'; readonly userId: string; readonly type: UserStreamType; readonly category: string }
  | { readonly kind: 'system'; readonly name: string }
  | { readonly kind: 'kurrentdb' }
  | { readonly kind: 'other' };

export const SERVICE_UPTIME_PREFIX = 'service-uptime-';
export const USER_STREAM_PREFIX = 'user-';
export const SYSTEM_PREFIX = 'system-';
/** Omitted in stream names. */
export const DEFAULT_CATEGORY = 'default';
/** Begins the name of the stream with the metadata of another one. */
export const METADATA_PREFIX = '$$';
/** Used by the connection test only. */
export const CONNECTION_TEST_STREAM = 'connection-test';
/** Used by health checks only. */
export const HEALTH_CHECK_STREAM = 'system-health-check';
/** In UTF-8: the largest key of the embedded store's index. */
export const MAX_STREAM_NAME_BYTES = 512;

const SERVICE_NAME = /^[a-z0-9]+(?:[-_.][a-z0-9]+)*$/;
const MAX_SERVICE_NAME_LENGTH = 64;
const CATEGORY = /^[a-z0-9]+(?:[-_][a-z0-9]+)*$/;
const MAX_CATEGORY_LENGTH = 64;
const USER_ID = /^(?!\.+$)[\w.@-]+$/;
const MAX_USER_ID_LENGTH = 128;
const TYPE_SEGMENT = new RegExp(`-(?<type>${USER_STREAM_TYPES.join('|')})(?:-|$)`);
/** Entries of permissions that mean a role, so no user may have them as id. */
const ROLE_NAMES = ['system', 'admin', 'user'];

/** At most 64 lower-case letters, digits and single `-`, `_` or `.` between them. */
export function isServiceName(text: string): boolean {
  return text.length <= MAX_SERVICE_NAME_LENGTH && SERVICE_NAME.test(text);
}

/** At most 128 letters, digits, `_`, `.`, `@` and `-`, without a `-{type}` segment, and not the name of a role. */
export function isUserId(text: string): boolean {
  return (
    text.length <= MAX_USER_ID_LENGTH && USER_ID.test(text) && !TYPE_SEGMENT.test(text) && !ROLE_NAMES.includes(text)
  );
}

/** At most 64 lower-case letters, digits and single `-` or `_` between them. */
export function isCategory(text: string): boolean {
  return text.length <= MAX_CATEGORY_LENGTH && CATEGORY.test(text);
}

export function isUserStreamType(text: string): text is UserStreamType {
  return USER_STREAM_TYPES.some((type) => type === text);
}

/** `user-{userId}-{type}-{category}`, without the category `default`. @throws ValidationError */
export function userStream(userId: string, type: UserStreamType, category: string = DEFAULT_CATEGORY): string {
  const issues = [
    ...(isUserId(userId)
      ? []
      : [
          {
            path: 'userId',
            problem:
              `'${printable(userId)}' cannot be a user's id: use at most ${MAX_USER_ID_LENGTH} letters, digits, ` +
              "'_', '.', '@' and '-', without a segment such as '-profile', and not the name of a role",
          },
        ]),
    ...(isCategory(category)
      ? []
      : [
          {
            path: 'category',
            problem:
              `'${printable(category)}' cannot name a category: use at most ${MAX_CATEGORY_LENGTH} ` +
              "lower-case letters, digits and single '-' or '_' between them",
          },
        ]),
  ];
  if (issues.length > 0) throw new ValidationError(issues.map(({ problem }) => problem).join('; '), { issues });
  return `${USER_STREAM_PREFIX}${userId}-${type}${category === DEFAULT_CATEGORY ? '' : `-${category}`}`;
}

/** `service-uptime-{service}`. @throws ValidationError unless {@link isServiceName} */
export function serviceUptimeStream(service: string): string {
  if (!isServiceName(service)) {
    throw new ValidationError(
      `'${printable(service)}' cannot name a service: use at most ${MAX_SERVICE_NAME_LENGTH} ` +
        "lower-case letters, digits and single '-', '_' or '.' between them",
      { details: { service: printable(service) } },
    );
  }
  return `${SERVICE_UPTIME_PREFIX}${service}`;
}

export function isMetadataStream(name: string): boolean {
  return name.startsWith(METADATA_PREFIX);
}

/** The stream whose metadata a stream has; any other name as it is. */
export function originalStreamOf(name: string): string {
  return isMetadataStream(name) ? name.slice(METADATA_PREFIX.length) : name;
}

/** Parses a stream name, which is never ambiguous, in linear time. */
export function identifyStream(name: string): StreamIdentity {
  if (name.startsWith('$')) return { kind: 'kurrentdb' };
  if (name.startsWith(SERVICE_UPTIME_PREFIX)) {
    const service = name.slice(SERVICE_UPTIME_PREFIX.length);
    return isServiceName(service) ? { kind: 'service-uptime', service } : { kind: 'other' };
  }
  if (name.startsWith(SYSTEM_PREFIX) && name.length > SYSTEM_PREFIX.length)
    return { kind: 'system', name: name.slice(SYSTEM_PREFIX.length) };
  return identifyUserStream(name) ?? { kind: 'other' };
}

/** A user's id has no `-{type}` segment, so the first one ends the id. */
function identifyUserStream(name: string): StreamIdentity | undefined {
  if (!name.startsWith(USER_STREAM_PREFIX)) return undefined;
  const rest = name.slice(USER_STREAM_PREFIX.length);
  const found = TYPE_SEGMENT.exec(rest);
  const type = found?.groups?.type ?? '';
  if (!found || !isUserStreamType(type)) return undefined;
  const userId = rest.slice(0, found.index);
  const suffix = rest.slice(found.index + '-'.length + type.length);
  const category = suffix === '' ? DEFAULT_CATEGORY : suffix.slice('-'.length);
  // Other clients may create such a stream: with a role as user id, it would belong to all callers with the role.
  if (!isUserId(userId) || !isCategory(category) || suffix === `-${DEFAULT_CATEGORY}`) return undefined;
  return { kind: 'user', userId, type, category };
}

/** @throws ValidationError for names that KurrentDB or the embedded store rejects */
export function assertStreamName(name: string): void {
  const problem = problemWithName(name);
  if (problem)
    throw new ValidationError(`'${printable(name)}' cannot name a stream: ${problem}`, {
      details: { streamName: printable(name) },
    });
}

const TOO_LONG = `it is longer than ${MAX_STREAM_NAME_BYTES} bytes`;

function problemWithName(name: string): string | undefined {
  if (name === '') return 'it is empty';
  if (name.length > MAX_STREAM_NAME_BYTES) return TOO_LONG;
  if (name.trim() !== name) return 'it begins or ends with white space';
  if (!isPrintable(name)) return 'it contains control characters or broken Unicode';
  if (utf8Length(name) > MAX_STREAM_NAME_BYTES) return TOO_LONG;
  return undefined;
}

function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
