import { compileFilter, type FilterExpression } from '../../log/filter.js';
import { formatStart, type GroupSource, type GroupStart, parseStart, sourceName } from './group-source.js';
import { ALL_STREAMS } from '../../log/access.js';
import { checkSettings, type GroupSettings } from './settings.js';

/** The persisted definition of a group. */
export interface GroupDefinition {
  readonly source: GroupSource;
  readonly groupName: string;
  readonly start: GroupStart;
  /**
   * The first source position, resolved when the group was created. A group that starts at the end and is restarted
   * before its first checkpoint resumes from here; otherwise events written meanwhile would never be delivered.
   */
  readonly resolvedStart: number;
  readonly settings: GroupSettings;
}

/** The stream with the definitions of all groups; each event contains all of them. */
export const CONFIGURATION_STREAM = '$persistentSubscriptionConfig';
export const CONFIGURATION_TYPE = '$PersistentConfig';

const VERSION = '2';

export class InvalidConfigurationError extends Error {
  override readonly name = 'InvalidConfigurationError';
}

/** A document of {@link CONFIGURATION_STREAM}: KurrentDB's format, plus `firstPlace` for the resolved start. */
export function encodeConfiguration(groups: Iterable<GroupDefinition>, updatedMs: number, updatedBy: string): string {
  const entries = [...groups].map(({ source, groupName, start, resolvedStart, settings }) => ({
    stream: sourceName(source),
    group: groupName,
    ...(source.kind === 'all' && source.filter !== undefined ? { filter: encodeFilter(source.filter) } : {}),
    resolveLinkTos: settings.resolveLinks,
    extraStatistics: settings.extraStatistics,
    messageTimeout: settings.messageTimeoutMs,
    startPosition: formatStart(source.kind, start),
    firstPlace: resolvedStart,
    liveBufferSize: settings.liveBufferSize,
    historyBufferSize: settings.historyBufferSize,
    maxRetryCount: settings.maxRetryCount,
    readBatchSize: settings.readBatchSize,
    checkPointAfter: settings.checkpointAfterMs,
    minCheckPointCount: settings.minCheckpointCount,
    maxCheckPointCount: settings.maxCheckpointCount,
    maxSubscriberCount: settings.maxSubscriberCount,
    namedConsumerStrategy: settings.consumerStrategy,
  }));
  return JSON.stringify({ version: VERSION, updated: new Date(updatedMs).toISOString(), updatedBy, entries });
}

/** @throws InvalidConfigurationError */
export function decodeConfiguration(document: string): readonly GroupDefinition[] {
  try {
    const value = new JsonObjectReader(JSON.parse(document));
    if (value.string('version') !== VERSION) throw new InvalidConfigurationError(`version must be "${VERSION}"`);
    return value.array('entries').map((entry) => decodeEntry(new JsonObjectReader(entry)));
  } catch (error) {
    if (error instanceof InvalidConfigurationError) throw error;
    throw new InvalidConfigurationError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function decodeEntry(entry: JsonObjectReader): GroupDefinition {
  const stream = entry.string('stream');
  const source: GroupSource =
    stream === ALL_STREAMS
      ? { kind: 'all', filter: decodeFilter(entry.optional('filter')) }
      : { kind: 'stream', streamName: stream };
  const start = parseStart(source.kind, entry.string('startPosition'));
  if (start === undefined) throw new InvalidConfigurationError('"startPosition" must be a position of its source');
  const settings = checkSettings({
    resolveLinks: entry.boolean('resolveLinkTos'),
    extraStatistics: entry.boolean('extraStatistics'),
    messageTimeoutMs: entry.integer('messageTimeout'),
    maxRetryCount: entry.integer('maxRetryCount'),
    checkpointAfterMs: entry.integer('checkPointAfter'),
    minCheckpointCount: entry.integer('minCheckPointCount'),
    maxCheckpointCount: entry.integer('maxCheckPointCount'),
    maxSubscriberCount: entry.integer('maxSubscriberCount'),
    liveBufferSize: entry.integer('liveBufferSize'),
    historyBufferSize: entry.integer('historyBufferSize'),
    readBatchSize: entry.integer('readBatchSize'),
    consumerStrategy: entry.string('namedConsumerStrategy'),
  });
  return { source, groupName: entry.string('group'), start, resolvedStart: entry.integer('firstPlace'), settings };
}

function encodeFilter({ on, regex, prefixes }: FilterExpression): object {
  return {
    context: on === 'streamName' ? 'StreamId' : 'EventType',
    type: regex === '' ? 'Prefix' : 'Regex',
    data: regex === '' ? prefixes : [regex],
    isAllStream: true,
  };
}

function decodeFilter(value: unknown): FilterExpression | undefined {
  if (value === undefined) return undefined;
  const filter = new JsonObjectReader(value);
  const data = filter.array('data').map(String);
  const isRegex = filter.string('type') === 'Regex';
  const expression: FilterExpression = {
    on: filter.string('context') === 'StreamId' ? 'streamName' : 'eventType',
    regex: isRegex ? (data[0] ?? '') : '',
    prefixes: isRegex ? [] : data,
  };
  compileFilter(expression); // rejects an invalid filter here rather than when the group is started
  return expression;
}

class JsonObjectReader {
  readonly #value: object;

  constructor(value: unknown) {
    if (typeof value !== 'object' || value === null) throw new InvalidConfigurationError('the value must be an object');
    this.#value = value;
  }

  optional(name: string): unknown {
    return Reflect.get(this.#value, name) as unknown;
  }

  string(name: string): string {
    const member = this.optional(name);
    if (typeof member !== 'string') throw new InvalidConfigurationError(`"${name}" must be a string`);
    return member;
  }

  integer(name: string): number {
    const member = this.optional(name);
    if (typeof member !== 'number' || !Number.isSafeInteger(member))
      throw new InvalidConfigurationError(`"${name}" must be an integer`);
    return member;
  }

  boolean(name: string): boolean {
    return this.optional(name) === true;
  }

  array(name: string): readonly unknown[] {
    const member = this.optional(name);
    if (!Array.isArray(member)) throw new InvalidConfigurationError(`"${name}" must be an array`);
    return member;
  }
}
