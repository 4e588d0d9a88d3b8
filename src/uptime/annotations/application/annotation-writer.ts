import {
  waitForReadModel,
  type EventStore,
  type NewEvent,
  type RecordedEvent,
  serviceUptimeStream,
  StreamNotFoundError,
  type WaitFor,
  WrongExpectedRevisionError,
} from '../../../event-store/domain/index.js';
import { assertSameRequest, type AnnotationRequest } from './annotation-ids.js';
import { createUptimeStream } from '../../domain/index.js';

/** How long a write waits until the queries of this process know what is in the stream, in milliseconds. */
const READABLE_WITHIN_MS = 2_000;
/** How often, in one go, other writers may be first: the prober appends to the same stream, but seldom. */
const MAX_CONFLICTS = 20;

/** Something that people say of a service, to be recorded at a request. */
export interface AnnotationCommand<Made extends { readonly id: string }> {
  readonly request: AnnotationRequest;
  readonly made: Made;
  /** All of its kind that can be queried. */
  readonly known: () => readonly Made[];
  /** What makes two requests for it the same. */
  readonly fingerprintOf: (made: Made) => readonly unknown[];
  readonly toEvent: () => NewEvent;
}

type RecordsStore = Pick<EventStore, 'appendToStream' | 'readStream' | 'createStream'>;

/** Writes what people say of a service to its stream, beside what the prober finds. */
export class AnnotationWriter {
  /** @param whenReadable resolves to true when what was written up to a position can be queried, to false when the time is over */
  constructor(
    private readonly store: RecordsStore,
    private readonly whenReadable: WaitFor,
  ) {}

  /**
   * Appends what is decided, to exactly the stream that it was decided on, and waits until it can be queried.
   *
   * @param requestId goes into the event's metadata
   * @param decide looks at what can be queried, which is all that is in the stream, and is asked again where another writer was faster;
   *   undefined where there is nothing to append
   * @returns whether something was appended
   * @throws what `decide` throws; TimeoutError where the queries lag behind the stream, ConnectionError, WrongExpectedRevisionError, …
   */
  async append(service: string, requestId: string, decide: () => NewEvent | undefined): Promise<boolean> {
    const streamName = serviceUptimeStream(service);
    for (let conflicts = 0; ;) {
      const last = await this.#lastEvent(service, streamName);
      const event = decide();
      if (!event) return false;
      try {
        const { position } = await this.store.appendToStream(
          streamName,
          { ...event, metadata: { ...event.metadata, correlationId: requestId } },
          { expectedRevision: last.revision },
        );
        if (position) await this.whenReadable(position, READABLE_WITHIN_MS);
        return true;
      } catch (error) {
        if (!(error instanceof WrongExpectedRevisionError) || ++conflicts > MAX_CONFLICTS) throw error;
      }
    }
  }

  /**
   * Appends what is asked for, unless the same request had been carried out before.
   *
   * @returns what is recorded
   * @throws ValidationError where the request's key was used for something else; as {@link append} does
   */
  async appendOnce<Made extends { readonly id: string }>({
    request,
    made,
    known,
    fingerprintOf,
    toEvent,
  }: AnnotationCommand<Made>): Promise<{ readonly recorded: Made; readonly replayed: boolean }> {
    const find = (): Made | undefined => {
      const found = known().find(({ id }) => id === made.id);
      if (found) assertSameRequest(request, fingerprintOf(found), fingerprintOf(made));
      return found;
    };
    const appended = await this.append(request.service, request.requestId, () => (find() ? undefined : toEvent()));
    return { recorded: find() ?? made, replayed: !appended };
  }

  /** The last event of the stream, which is created where it is missing; it can be queried. */
  async #lastEvent(service: string, streamName: string): Promise<RecordedEvent> {
    const read = (): Promise<RecordedEvent | undefined> =>
      waitForReadModel(this.store, streamName, this.whenReadable, READABLE_WITHIN_MS);
    const found = await read();
    if (found) return found;
    await createUptimeStream(this.store, service);
    const created = await read();
    if (!created) throw new StreamNotFoundError(streamName);
    return created;
  }
}
