import { ALL_STREAMS } from '../../log/access.js';
import { compileFilter, type EventFilter, type FilterExpression } from '../../log/filter.js';
import { isSystemStream } from '../../log/stream-name.js';

/** The source of a group's events: a stream, or the log with an optional filter. */
export type GroupSource =
  | { readonly kind: 'stream'; readonly streamName: string }
  | { readonly kind: 'all'; readonly filter: FilterExpression | undefined };

/**
 * The start of a group. A *source position* is a revision of the stream or a position of the log; the event at it is
 * the first one delivered. [consume.stream.from-revision]
 */
export type GroupStart = 'start' | 'end' | number;

/** The name in responses and stream names. */
export const sourceName = (source: GroupSource): string => (source.kind === 'all' ? ALL_STREAMS : source.streamName);

/** The unique key of a group, and the subscription id of its consumers. [consume.stream.ack] */
export const groupKey = (source: GroupSource, groupName: string): string => `${sourceName(source)}::${groupName}`;

const STREAM_PREFIX = '$persistentsubscription-';
const CHECKPOINT_SUFFIX = '-checkpoint';
const PARKED_SUFFIX = '-parked';

export const checkpointStreamOf = (key: string): string => `${STREAM_PREFIX}${key}${CHECKPOINT_SUFFIX}`;
export const parkedStreamOf = (key: string): string => `${STREAM_PREFIX}${key}${PARKED_SUFFIX}`;

const START_TEXT = { stream: '0', all: 'C:0/P:0' } as const;
const END_TEXT = { stream: '-1', all: 'C:-1/P:-1' } as const;

/** The format of source positions in checkpoints and statistics: `12`, or `C:12/P:12` for a position of the log. */
export const formatSourcePosition = (kind: GroupSource['kind'], sourcePosition: number): string =>
  kind === 'stream' ? String(sourcePosition) : `C:${sourcePosition}/P:${sourcePosition}`;

/** Undefined if the string is not a position of such a source. */
export function parseSourcePosition(kind: GroupSource['kind'], text: string): number | undefined {
  const digits = (kind === 'stream' ? /^(\d{1,16})$/ : /^C:(\d{1,16})\/P:\d{1,16}$/).exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The format of {@link GroupStart} in statistics and the configuration. [groups.create.from, groups.create.all] */
export function formatStart(kind: GroupSource['kind'], start: GroupStart): string {
  if (start === 'start') return START_TEXT[kind];
  return start === 'end' ? END_TEXT[kind] : formatSourcePosition(kind, start);
}

export function parseStart(kind: GroupSource['kind'], text: string): GroupStart | undefined {
  if (text === START_TEXT[kind]) return 'start';
  return text === END_TEXT[kind] ? 'end' : parseSourcePosition(kind, text);
}

/**
 * The predicate for events of a group on `$all`. Events that such groups write themselves are always excluded:
 * delivering a checkpoint would cause another checkpoint, endlessly.
 * @throws SyntaxError if the filter's regular expression is invalid
 */
export function allGroupFilter(expression: FilterExpression | undefined): EventFilter {
  const matches = expression === undefined ? () => true : compileFilter(expression);
  return (event) => !isStreamOfAllGroup(event.streamName) && matches(event);
}

const ALL_PREFIX = `${STREAM_PREFIX}${ALL_STREAMS}::`;

/** Whether a group on `$all` writes this stream. Its events do not count as progress either. */
export function isStreamOfAllGroup(streamName: string): boolean {
  return (
    isSystemStream(streamName) &&
    streamName.startsWith(ALL_PREFIX) &&
    (streamName.endsWith(CHECKPOINT_SUFFIX) || streamName.endsWith(PARKED_SUFFIX))
  );
}
