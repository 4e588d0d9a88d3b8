import { array, boolean, object, string } from '../../common/parse.js';
import { defineEvent, type EventDataOf } from './event-registry.js';
import { type Position, type RecordedEvent } from './event.js';
import { isClosed } from './stream-acl.js';
import { type StreamMetadata } from './stream-metadata.js';
import {
  identifyStream,
  isMetadataStream,
  originalStreamOf,
  SERVICE_UPTIME_PREFIX,
  SYSTEM_PREFIX,
  USER_STREAM_PREFIX,
} from './stream-name.js';

/** Records what this service found in its name spaces when it claimed them. */
export const NAME_SPACES_STREAM = `${SYSTEM_PREFIX}name-spaces`;
export const NAME_SPACES = [USER_STREAM_PREFIX, SERVICE_UPTIME_PREFIX, SYSTEM_PREFIX] as const;

/** What is decided about the streams that began before this event. */
export const NameSpacesClaimed = defineEvent({
  type: 'NameSpacesClaimed',
  parse: object({
    /**
     * All of them are this service's, except those set aside; otherwise none is that was not closed before its first
     * event.
     */
    acceptsEarlier: boolean,
    /** Names of streams whose events do not count. */
    setAside: array(string),
  }),
});
export type NameSpacesClaimed = EventDataOf<typeof NameSpacesClaimed>;

const MAX_SHOWN = 20;

/** Streams in the name spaces of this service may be someone else's, who would be trusted as the service itself. */
export class NameSpacesTakenError extends Error {
  override readonly name = 'NameSpacesTakenError';

  constructor(readonly streams: readonly string[]) {
    const shown = streams.slice(0, MAX_SHOWN).map((name) => `\n  ${name}`);
    const more = streams.length > MAX_SHOWN ? `\n  and ${streams.length - MAX_SHOWN} more` : '';
    super(
      `${streams.length} streams of this KurrentDB have names of this service, which has not begun them:${shown.join('')}${more}\n` +
        "It does not start until they are decided on: 'npm run streams -- adopt' lists them, --accept keeps those that you know, " +
        '--set-aside hides the others',
    );
  }
}

/** Finds streams that this service has not begun, from the events of its name spaces in the order of `$all`. */
export class UnprovenStreams {
  /** Whether the stream was closed to others before its first event; undefined before that. */
  readonly #streams = new Map<string, { isClosed: boolean; begunAt: Position | undefined; isProven: boolean }>();

  apply({ streamName, type, position }: RecordedEvent, metadata: StreamMetadata): void {
    const isMetadata = isMetadataStream(streamName);
    const name = originalStreamOf(streamName);
    const { kind } = identifyStream(name);
    if (kind === 'other' || kind === 'kurrentdb' || name === NAME_SPACES_STREAM) return;
    if (type === '$streamDeleted' || (isMetadata && isHidden(metadata))) return void this.#streams.delete(name);
    const before = this.#streams.get(name) ?? { isClosed: false, begunAt: undefined, isProven: false };
    if (isMetadata) this.#streams.set(name, { ...before, isClosed: isClosed(metadata.acl) });
    else if (before.begunAt === undefined)
      this.#streams.set(name, { ...before, begunAt: position, isProven: before.isClosed });
  }

  /** @param isAccepted whether a stream that began at a position was accepted */
  list(isAccepted: (position: Position) => boolean): readonly string[] {
    return [...this.#streams]
      .filter(([, { isClosed: closed, begunAt, isProven }]) =>
        begunAt === undefined ? !closed : !isProven && !isAccepted(begunAt),
      )
      .map(([name]) => name)
      .sort();
  }
}

/** Whether all earlier events are hidden: soft-deleted, or set aside. */
function isHidden({ truncateBefore, acl }: StreamMetadata): boolean {
  return truncateBefore !== undefined && (truncateBefore > Number.MAX_SAFE_INTEGER || isClosed(acl));
}
