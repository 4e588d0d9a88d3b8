import {
  type AwaitableReadModel,
  type CommandDependencies,
  type CommandInfo,
  handleCommand,
  KeyedMutex,
  loadOrCreate,
  waitForReadModel,
} from '../../../event-store/commands/index.js';
import { type EventStore, type NewEvent, serviceUptimeStream } from '../../../event-store/domain/index.js';
import { createUptimeStream } from '../../domain/index.js';
import { type AnnotationId, type AnnotationRequest } from './annotation-ids.js';

export interface AnnotationCommand<Annotation extends { readonly id: string }> {
  /** `{subject}.{verb}`, such as `maintenance.schedule`. */
  readonly action: string;
  readonly request: AnnotationRequest;
  readonly annotation: Annotation;
  readonly idempotencyKey: AnnotationId['idempotencyKey'];
  /** All annotations of this kind in the read model. */
  readonly load: () => readonly Annotation[];
  /** Content that is equal for a repeated request, as JSON values. */
  readonly payloadOf: (annotation: Annotation) => readonly unknown[];
  readonly toEvent: () => NewEvent;
}

interface Steps<State> {
  /** Reads the state from the read model, which includes all events of the stream. */
  readonly load: () => State;
  /** Whether the request was executed before. */
  readonly isReplay?: (state: State) => boolean;
  /** Pure; undefined if there is nothing to append. */
  readonly decide: (state: State) => NewEvent | undefined;
}

/** Appends annotations to the stream of a service, to which the prober appends too. */
export class AnnotationWriter {
  readonly #dependencies: CommandDependencies & { readonly readModel: AwaitableReadModel };

  constructor(
    private readonly store: CommandDependencies['store'] & Pick<EventStore, 'createStream'>,
    readModel: AwaitableReadModel,
  ) {
    this.#dependencies = { store, mutex: new KeyedMutex(), readModel };
  }

  /**
   * Appends an annotation, unless the same request was executed before.
   *
   * @returns the recorded annotation
   * @throws ValidationError if the request's `Idempotency-Key` was used for a different request; as {@link append}
   */
  async appendOnce<Annotation extends { readonly id: string }>(
    command: AnnotationCommand<Annotation>,
  ): Promise<{ readonly recorded: Annotation; readonly replayed: boolean }> {
    const { action, request, annotation, idempotencyKey, load, payloadOf, toEvent } = command;
    const find = (recorded: readonly Annotation[]): Annotation | undefined => {
      const found = recorded.find(({ id }) => id === annotation.id);
      if (found) idempotencyKey?.assertSame({ fingerprint: idempotencyKey.fingerprintOf(payloadOf(found)) });
      return found;
    };
    const info = { action, actor: request.caller.id, requestId: request.requestId };
    const isReplay = (recorded: readonly Annotation[]): boolean => find(recorded) !== undefined;
    const appended = await this.append(request.service, info, { load, isReplay, decide: toEvent });
    return { recorded: find(load()) ?? annotation, replayed: !appended };
  }

  /**
   * @returns whether an event was appended
   * @throws errors of `decide`; TimeoutError if the read model does not keep up with the stream, ConnectionError,
   *   WrongExpectedRevisionError, …
   */
  append<State>(service: string, info: CommandInfo, { load, isReplay, decide }: Steps<State>): Promise<boolean> {
    const streamName = serviceUptimeStream(service);
    const { readModel } = this.#dependencies;
    return handleCommand(
      {
        info: { ...info, isActorInData: true },
        streams: [streamName],
        load: async () => {
          const { revision } = await loadOrCreate(
            streamName,
            () => waitForReadModel(this.store, streamName, readModel),
            () => createUptimeStream(this.store, service),
          );
          return { revision, recorded: load() };
        },
        replay: ({ recorded }) => (isReplay?.(recorded) === true ? { writes: [] } : undefined),
        decide: ({ revision, recorded }) => {
          const event = decide(recorded);
          return { writes: event ? [{ streamName, events: [event], expectedRevision: revision }] : [] };
        },
        result: ({ writes }) => writes.length > 0,
      },
      this.#dependencies,
    );
  }
}
