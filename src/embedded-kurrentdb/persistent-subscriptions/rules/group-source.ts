import { ALL_STREAMS } from '../../log/access.js';
import { compileFilter, type EventFilter, type FilterExpression } from '../../log/filter.js';
import { isSystemStream } from '../../log/stream-name.js';

/** What a group's events come from: one stream, or the whole log, filtered or not. */
export type GroupSource =
  | { readonly kind: 'stream'; readonly streamName: string }
  | { readonly kind: 'all'; readonly filter: FilterExpression | undefined };

/**
 * Where in its source a group begins. A *place* is a revision of the stream, or a position of the log; the event there is the first
 * one delivered. [consume.stream.from-revision]
 */
export type GroupStart = 'start' | 'end' | number;

/** The source as answers and streams name it: the stream, or `$all`. */
export const sourceName = (source: GroupSource): string => (source.kind === 'all' ? ALL_STREAMS : source.streamName);

/** Names a group among all; consumers get it as the id of their subscription. [consume.stream.ack] */
export const groupKey = (source: GroupSource, groupName: string): string => `${sourceName(source)}::${groupName}`;

const STREAM_PREFIX = '$persistentsubscription-';
const CHECKPOINT_SUFFIX = '-checkpoint';
const PARKED_SUFFIX = '-parked';

/** Holds how far the group has come. */
export const checkpointStreamOf = (key: string): string => `${STREAM_PREFIX}${key}${CHECKPOINT_SUFFIX}`;

/** Holds links to the events that nobody could deal with. */
export const parkedStreamOf = (key: string): string => `${STREAM_PREFIX}${key}${PARKED_SUFFIX}`;

const START_TEXT = { stream: '0', all: 'C:0/P:0' } as const;
const END_TEXT = { stream: '-1', all: 'C:-1/P:-1' } as const;

/** A place as checkpoints and statistics write it: `12`, or `C:12/P:12` for a position of the log. */
export const formatSourcePosition = (kind: GroupSource['kind'], sourcePosition: number): string =>
  kind === 'stream' ? String(sourcePosition) : `C:${sourcePosition}/P:${sourcePosition}`;

/** Undefined if the text is no place of such a source. */
export function parseSourcePosition(kind: GroupSource['kind'], text: string): number | undefined {
  const digits = (kind === 'stream' ? /^(\d{1,16})$/ : /^C:(\d{1,16})\/P:\d{1,16}$/).exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Where the group begins, as statistics and the configuration write it. [groups.create.from, groups.create.all] */
export function formatStart(kind: GroupSource['kind'], start: GroupStart): string {
  if (start === 'start') return START_TEXT[kind];
  return start === 'end' ? END_TEXT[kind] : formatSourcePosition(kind, start);
}

/** Undefined if the text says nothing of the kind. */
export function parseStart(kind: GroupSource['kind'], text: string): GroupStart | undefined {
  if (text === START_TEXT[kind]) return 'start';
  return text === END_TEXT[kind] ? 'end' : parseSourcePosition(kind, text);
}

/**
 * Which events of the log a group on `$all` looks for. What such groups write themselves is left out, whatever the filter says: a
 * checkpoint that has to be delivered would make another checkpoint, for ever.
 * @throws SyntaxError if the filter's regular expression is invalid
 */
export function allGroupFilter(expression: FilterExpression | undefined): EventFilter {
  const matches = expression === undefined ? () => true : compileFilter(expression);
  return (event) => !isStreamOfAllGroup(event.streamName) && matches(event);
}

const ALL_PREFIX = `${STREAM_PREFIX}${ALL_STREAMS}::`;

/** Whether a group on `$all` writes this stream. Such events are no progress, either. */
export function isStreamOfAllGroup(streamName: string): boolean {
  return (
    isSystemStream(streamName) &&
    streamName.startsWith(ALL_PREFIX) &&
    (streamName.endsWith(CHECKPOINT_SUFFIX) || streamName.endsWith(PARKED_SUFFIX))
  );
}
