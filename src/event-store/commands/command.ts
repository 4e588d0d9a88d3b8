import { type Clock } from '../../common/clock.js';
import {
  type ConsistencyCheck,
  type EventStore,
  type ExpectedRevision,
  type NewStreamMetadata,
  type Position,
  type StreamMetadata,
  type StreamWrite,
} from '../domain/index.js';
import { type IdempotencyKey } from './idempotency-key.js';
import { type KeyedMutex } from './keyed-mutex.js';
import { type AwaitableReadModel } from './wait-for-read-model.js';

/**
 * What was requested, and by whom: source of the metadata of the command's events, and of its audit record once there
 * is one.
 */
export interface CommandInfo {
  /** `{subject}.{verb}`, such as `api-keys.revoke`. */
  readonly action: string;
  /** Id of the caller; undefined for commands of the service itself. */
  readonly actor?: string | undefined;
  readonly requestId?: string | undefined;
  /** The data of the events name the actor (`scheduledBy`, `createdBy`); otherwise their metadata do. */
  readonly isActorInData?: boolean;
}

/** Events for one stream, at the revision that they were decided on. */
export interface CommandWrite extends StreamWrite {
  /** The caller named the revision (`If-Match`), so that a conflict is the caller's to resolve. */
  readonly isRevisionFixed?: boolean;
  readonly idempotencyKey?: IdempotencyKey | undefined;
}

/** Replacement for the metadata of a stream, at the revision that they were read at. */
export interface MetadataWrite {
  readonly streamName: string;
  readonly metadata: StreamMetadata;
  readonly expectedRevision: ExpectedRevision;
  readonly isRevisionFixed?: boolean;
}

/** What a command writes, as plain data. No writes: the command has no effect. */
export interface Decision {
  /** Appended atomically. */
  readonly writes?: readonly CommandWrite[];
  /** Conditions on streams that the command does not write to; together with one write only. */
  readonly checks?: readonly ConsistencyCheck[];
  /** Instead of `writes`. */
  readonly metadata?: MetadataWrite;
  /**
   * Of a stream that the command creates, written before its first event; otherwise added, unless the stream has some.
   */
  readonly initialMetadata?: readonly NewStreamMetadata[];
}

/** What was written, for the result of a command. */
export interface Written {
  /** Undefined if nothing was written. */
  readonly position: Position | undefined;
  /** Revision of the last event by stream name; revision of the metadata after a metadata write. */
  readonly revisions: ReadonlyMap<string, bigint>;
}

/** Bound of the retries after conflicts. */
export type RetryPolicy = { readonly attempts: number } | { readonly forMs: number; readonly clock: Clock };

/** The steps of a command, in the order in which {@link handleCommand} runs them. */
export interface Command<State, Decided extends Decision, Result> {
  readonly info: CommandInfo;
  /**
   * Names of the streams that the command writes to: commands of one process on the same stream run one after another.
   */
  readonly streams: readonly string[];
  /** {@link DEFAULT_RETRY} if absent. */
  readonly retry?: RetryPolicy;
  /** @param attempt 1 for the first one */
  readonly load: (attempt: number) => State | Promise<State>;
  /** @throws PermissionError */
  readonly authorize?: (state: State) => void;
  /**
   * Streams of which the caller may have seen later events than `state`: the read model applies them before `load` runs
   * again.
   */
  readonly staleStreams?: (state: State) => readonly string[];
  /**
   * Decision without writes if the same request was executed before.
   *
   * @throws ValidationError if its `Idempotency-Key` was used for a different request
   */
  readonly replay?: (state: State) => Decided | undefined;
  /** Pure. Its errors are final, WrongExpectedRevisionError included. */
  readonly decide: (state: State) => Decided;
  /**
   * Reserves what the write will use.
   *
   * @returns function that releases it, called once the read model shows the write
   */
  readonly reserve?: (decided: Decided) => () => void;
  /**
   * Called once the store has acknowledged the write, before the read model is waited for; not if nothing was written.
   */
  readonly acknowledged?: (decided: Decided, written: Written) => void;
  readonly result: (decided: Decided, written: Written) => Result;
}

export type CommandStore = Pick<
  EventStore,
  | 'appendToStream'
  | 'appendToStreams'
  | 'appendConditionally'
  | 'readStream'
  | 'beginStream'
  | 'initializeMetadata'
  | 'setStreamMetadata'
>;

export interface CommandDependencies {
  readonly store: CommandStore;
  readonly mutex: KeyedMutex;
  /** The read model that commands load their state from: after a write or a conflict, it is waited for. */
  readonly readModel?: AwaitableReadModel;
  /** Runs between decision and append, such as the encryption of payloads. */
  readonly prepare?: (writes: readonly CommandWrite[]) => Promise<readonly CommandWrite[]>;
}
