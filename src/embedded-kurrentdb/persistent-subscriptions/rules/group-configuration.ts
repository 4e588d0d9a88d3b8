import { compileFilter, type FilterExpression } from '../../log/filter.js';
import { formatStart, type GroupSource, type GroupStart, groupKey, parseStart, sourceName } from './group-source.js';
import { ALL_STREAMS } from '../../log/access.js';
import { checkSettings, type GroupSettings } from './settings.js';

/** A group as it is kept across restarts. */
export interface GroupDefinition {
  readonly source: GroupSource;
  readonly groupName: string;
  readonly start: GroupStart;
  /**
   * The first place, as `start` had to be understood when it was said. A group that begins at the end and is started again before
   * its first checkpoint goes on from there; otherwise events written meanwhile would never be delivered.
   */
  readonly resolvedStart: number;
  readonly settings: GroupSettings;
}

export const definitionKey = ({ source, groupName }: Pick<GroupDefinition, 'source' | 'groupName'>): string =>
  groupKey(source, groupName);

/** The stream in which a server keeps its groups: each event holds all of them. */
export const CONFIGURATION_STREAM = '$persistentSubscriptionConfig';
export const CONFIGURATION_TYPE = '$PersistentConfig';

const VERSION = '2';

/** The document cannot be understood. */
export class InvalidConfigurationError extends Error {
  override readonly name = 'InvalidConfigurationError';
}

/** The groups as a document of {@link CONFIGURATION_STREAM}, in the form of a real server, with `firstPlace` added. */
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
    const value = new Members(JSON.parse(document));
    if (value.text('version') !== VERSION) throw new InvalidConfigurationError(`the version is not ${VERSION}`);
    return value.list('entries').map((entry) => decodeEntry(new Members(entry)));
  } catch (error) {
    if (error instanceof InvalidConfigurationError) throw error;
    throw new InvalidConfigurationError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function decodeEntry(entry: Members): GroupDefinition {
  const stream = entry.text('stream');
  const source: GroupSource =
    stream === ALL_STREAMS
      ? { kind: 'all', filter: decodeFilter(entry.optional('filter')) }
      : { kind: 'stream', streamName: stream };
  const start = parseStart(source.kind, entry.text('startPosition'));
  if (start === undefined) throw new InvalidConfigurationError('"startPosition" is no place');
  const settings = checkSettings({
    resolveLinks: entry.flag('resolveLinkTos'),
    extraStatistics: entry.flag('extraStatistics'),
    messageTimeoutMs: entry.count('messageTimeout'),
    maxRetryCount: entry.count('maxRetryCount'),
    checkpointAfterMs: entry.count('checkPointAfter'),
    minCheckpointCount: entry.count('minCheckPointCount'),
    maxCheckpointCount: entry.count('maxCheckPointCount'),
    maxSubscriberCount: entry.count('maxSubscriberCount'),
    liveBufferSize: entry.count('liveBufferSize'),
    historyBufferSize: entry.count('historyBufferSize'),
    readBatchSize: entry.count('readBatchSize'),
    consumerStrategy: entry.text('namedConsumerStrategy'),
  });
  return { source, groupName: entry.text('group'), start, resolvedStart: entry.count('firstPlace'), settings };
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
  const filter = new Members(value);
  const data = filter.list('data').map(String);
  const isRegex = filter.text('type') === 'Regex';
  const expression: FilterExpression = {
    on: filter.text('context') === 'StreamId' ? 'streamName' : 'eventType',
    regex: isRegex ? (data[0] ?? '') : '',
    prefixes: isRegex ? [] : data,
  };
  compileFilter(expression); // one that is none shall be noticed here, not when the group is started
  return expression;
}

/** The members of a JSON object, each of the type that is expected. */
class Members {
  readonly #value: object;

  constructor(value: unknown) {
    if (typeof value !== 'object' || value === null) throw new InvalidConfigurationError('an object is missing');
    this.#value = value;
  }

  optional(name: string): unknown {
    const member: unknown = Reflect.get(this.#value, name);
    return member;
  }

  text(name: string): string {
    const member = this.optional(name);
    if (typeof member !== 'string') throw new InvalidConfigurationError(`"${name}" is no text`);
    return member;
  }

  count(name: string): number {
    const member = this.optional(name);
    if (typeof member !== 'number' || !Number.isSafeInteger(member))
      throw new InvalidConfigurationError(`"${name}" is no whole number`);
    return member;
  }

  flag(name: string): boolean {
    return this.optional(name) === true;
  }

  list(name: string): readonly unknown[] {
    const member = this.optional(name);
    if (!Array.isArray(member)) throw new InvalidConfigurationError(`"${name}" is no list`);
    return member;
  }
}
