import { type ServerContext } from '../../server-context.js';
import {
  firstVisibleRevision,
  LINK_TYPE,
  metadataStreamOf,
  parseLink,
  readStatus,
  TOMBSTONE_REVISION_STRING,
} from '../../log/index.js';
import {
  checkpointStreamOf,
  formatSourcePosition,
  type GroupDefinition,
  groupKey,
  type ParkRequest,
  parkedStreamOf,
  parseSourcePosition,
} from '../rules/index.js';
import { ADMINS_GROUP } from '../../log/principal.js';
import { parseEventFrame, type ProposedEvent, TOMBSTONE_REVISION } from '../../storage/event-frame.js';
import { metadataEvent } from '../../storage/log-writer.js';
import { frameOf } from './source-reader.js';

const EMPTY = Buffer.alloc(0);
const CHECKPOINT_TYPE = Buffer.from('$SubscriptionCheckpoint');
const LINK_TYPE_BYTES = Buffer.from(LINK_TYPE);

const ADMINS_ONLY = { $r: ADMINS_GROUP, $w: ADMINS_GROUP, $d: ADMINS_GROUP, $mr: ADMINS_GROUP, $mw: ADMINS_GROUP };

/** The current checkpoint and the previous one, as a fallback. */
const RETAINED_CHECKPOINTS = 2;

/** The streams of a group's persistent state: checkpoints and parked events. */
export class GroupStreams {
  readonly parkedStream: string;
  readonly #checkpointStream: string;

  constructor(
    private readonly context: ServerContext,
    private readonly definition: GroupDefinition,
  ) {
    const key = groupKey(definition.source, definition.groupName);
    this.parkedStream = parkedStreamOf(key);
    this.#checkpointStream = checkpointStreamOf(key);
  }

  /** Source position up to which the group has finished; undefined without a checkpoint. */
  checkpoint(): number | undefined {
    const stream = this.context.store.streams.get(this.#checkpointStream);
    if (readStatus(stream) !== 'readable') return undefined;
    let sourcePosition: number | undefined;
    this.context.reader.backwards(stream, stream.lastRevision, (frame) => {
      sourcePosition = this.#sourcePositionIn(parseEventFrame(frame).data.toString('utf8'));
      return sourcePosition === undefined; // not a checkpoint (admins may write any event): try the previous one
    });
    return sourcePosition;
  }

  /** [consume.stream.ack] */
  async writeCheckpoint(sourcePosition: number): Promise<void> {
    const { store, commits } = this.context;
    const data = JSON.stringify(formatSourcePosition(this.definition.source.kind, sourcePosition));
    await commits.submit(() => {
      if (readStatus(store.streams.get(this.#checkpointStream)) === 'notFound') {
        this.#append(
          metadataStreamOf(this.#checkpointStream),
          this.#metadata({ $maxCount: RETAINED_CHECKPOINTS, $acl: ADMINS_ONLY }),
        );
      }
      this.#append(this.#checkpointStream, {
        id: this.context.newEventId(),
        type: CHECKPOINT_TYPE,
        isJson: true,
        customMetadata: EMPTY,
        data: Buffer.from(data),
      });
    });
  }

  /** Writes a link to the event, unless that was scavenged. [consume.nack.park-and-replay] */
  async park({ message, reason }: ParkRequest): Promise<void> {
    const { commits } = this.context;
    await commits.submit(() => {
      const frame = frameOf(this.context, message);
      if (frame === undefined) return;
      const { streamName, revision, type, data } = parseEventFrame(frame);
      const isResolved = this.definition.settings.resolveLinks || message.parkedRevision !== undefined;
      const link = isResolved && type === LINK_TYPE ? data.toString('utf8') : undefined;
      const isTombstone = revision === TOMBSTONE_REVISION;
      const target =
        link !== undefined && parseLink(link) !== undefined
          ? link
          : `${isTombstone ? TOMBSTONE_REVISION_STRING : revision}@${streamName}`;
      const isJsonNumber = revision > 0 && !isTombstone; // JSON numbers cannot represent 2^63 - 1
      const metadata = {
        added: new Date(this.context.nowMs()).toISOString(),
        reason,
        ...(isJsonNumber ? { subscriptionEventNumber: revision } : {}),
      };
      this.#append(this.parkedStream, {
        id: this.context.newEventId(),
        type: LINK_TYPE_BYTES,
        isJson: false,
        customMetadata: Buffer.from(JSON.stringify(metadata)),
        data: Buffer.from(target),
      });
    });
  }

  /** The revisions of the parked events; `end` is exclusive. */
  parkedRange(): { readonly first: number; readonly end: number } {
    const stream = this.context.store.streams.get(this.parkedStream);
    const end = stream.lastRevision + 1;
    return { first: readStatus(stream) === 'readable' ? Math.min(firstVisibleRevision(stream), end) : end, end };
  }

  async truncateParked(before: number): Promise<void> {
    await this.context.commits.submit(() =>
      this.#append(metadataStreamOf(this.parkedStream), this.#metadata({ $tb: before, $acl: ADMINS_ONLY })),
    );
  }

  /** In a transaction: deletes the state, so that a new group of the same name starts from scratch. */
  delete(): void {
    for (const streamName of [this.#checkpointStream, this.parkedStream]) {
      if (readStatus(this.context.store.streams.get(streamName)) === 'readable')
        this.context.writer.delete(streamName, { kind: 'any' });
    }
  }

  #metadata(document: object): ProposedEvent {
    return metadataEvent(this.context.newEventId(), JSON.stringify(document));
  }

  #append(streamName: string, event: ProposedEvent): void {
    const outcome = this.context.writer.append(streamName, { kind: 'any' }, [event]);
    if (outcome.kind !== 'appended') throw new Error(`${streamName} cannot be written: ${outcome.kind}`);
  }

  #sourcePositionIn(json: string): number | undefined {
    const text = /^\s*"([^"\\]*)"\s*$/.exec(json)?.[1];
    return text === undefined ? undefined : parseSourcePosition(this.definition.source.kind, text);
  }
}
