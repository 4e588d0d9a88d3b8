import {
  decideChange,
  decideCreate,
  decideDelete,
  decideReplace,
  decideRestore,
  type InitialMetadata,
  type Decision,
  mergePatch,
  type DecisionContext,
  streamNameOf,
  type UserData,
  type UserStreamKey,
} from '../domain/index.js';
import { type DataSchemas } from './data-schemas.js';
import { CommandHandler, type CommandHandlerOptions } from './command-handler.js';
import { type WriteCommand, type WriteOutcome, type WriteRequest } from './write-command.js';
import { type NextEventId } from './idempotency-key.js';
import { type UserStreamReadModel } from './user-stream-read-model.js';

/** Data, and where they stood in the request, for messages about them; absent: in the request itself. */
export interface PlacedData {
  readonly data: UserData;
  readonly within?: string;
}

export interface Replacement {
  readonly request: WriteRequest;
  readonly data: readonly PlacedData[];
}

/**
 * Writes to the streams of users. Every write is decided on what the stream is, and appended to exactly that revision. All methods throw
 * PermissionError, QuotaExceededError, EventTooLargeError, ValidationError, ConnectionError and TimeoutError.
 */
export class UserStreams {
  readonly #desk: CommandHandler;
  readonly #table: UserStreamReadModel;
  readonly #schemas: DataSchemas;

  constructor(options: CommandHandlerOptions) {
    this.#desk = new CommandHandler(options);
    this.#table = options.table;
    this.#schemas = options.schemas;
  }

  /** @throws StreamAlreadyExistsError, StreamDeletedError */
  create(request: WriteRequest, beginning: InitialMetadata, data: UserData | undefined): Promise<WriteOutcome> {
    const decide = (situation: DecisionContext, nextId: NextEventId): Decision => {
      if (data) this.#check(request.key, data);
      return decideCreate(situation, beginning, data && { data, eventId: nextId() });
    };
    return this.#write({ request, right: 'write', asked: ['create', beginning, data ?? null], decide });
  }

  /** Replaces the data by each of the given in turn, in one atomic write. @throws WrongExpectedRevisionError, StreamDeletedError */
  replace(request: WriteRequest, data: readonly PlacedData[]): Promise<WriteOutcome> {
    return this.#write(this.#replacement({ request, data }));
  }

  /** Changes the data by a JSON Merge Patch (RFC 7396). @throws WrongExpectedRevisionError, StreamNotFoundError, StreamDeletedError */
  change(request: WriteRequest, patch: UserData): Promise<WriteOutcome> {
    const decide = (situation: DecisionContext, nextId: NextEventId): Decision => {
      const stored = this.#table.data(request.key);
      const data = mergePatch(stored ? (JSON.parse(stored.json) as UserData) : {}, patch) as UserData;
      const decision = decideChange(situation, request.precondition, { data, eventId: nextId() });
      // Of another revision than was demanded, the result means nothing: the store refuses it, and tells the current one.
      if (decision.expectedRevision === BigInt(situation.stream?.revision ?? -1)) this.#check(request.key, data);
      return decision;
    };
    return this.#write({ request, right: 'write', asked: ['change', patch], decide });
  }

  /** Soft: {@link restore} brings it back. @throws WrongExpectedRevisionError, StreamNotFoundError, StreamDeletedError */
  delete(request: WriteRequest): Promise<WriteOutcome> {
    return this.#write({
      request,
      right: 'admin',
      asked: ['delete'],
      decide: (situation) => decideDelete(situation, request.precondition),
    });
  }

  /** @throws StreamNotFoundError, StreamAlreadyExistsError, WrongExpectedRevisionError */
  restore(request: WriteRequest): Promise<WriteOutcome> {
    return this.#write({
      request,
      right: 'admin',
      asked: ['restore'],
      decide: (situation) => decideRestore(situation, request.precondition),
    });
  }

  /** {@link replace} on several streams in one atomic write: all or none. @throws WrongExpectedRevisionError, StreamDeletedError */
  replaceAll(replacements: readonly Replacement[]): Promise<WriteOutcome[]> {
    const together = replacements.map(({ request: { key } }) => streamNameOf(key));
    return this.#desk.execute(replacements.map((replacement) => this.#replacement(replacement, together)));
  }

  /** @param together names of all streams that the request writes to */
  #replacement({ request, data: placed }: Replacement, together: readonly string[] = []): WriteCommand {
    const decide = (situation: DecisionContext, nextId: NextEventId): Decision => {
      for (const { data, within } of placed) this.#check(request.key, data, within);
      return decideReplace(
        situation,
        request.precondition,
        placed.map(({ data }) => ({ data, eventId: nextId() })),
      );
    };
    return { request, right: 'write', asked: ['replace', together, ...placed.map(({ data }) => data)], decide };
  }

  async #write(command: WriteCommand): Promise<WriteOutcome> {
    const [outcome] = await this.#desk.execute([command]);
    if (!outcome) throw new Error('One order has one outcome');
    return outcome;
  }

  #check({ type, category }: UserStreamKey, data: UserData, within?: string): void {
    this.#schemas.check(type, category, data, within);
  }
}
