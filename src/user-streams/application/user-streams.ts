import { type NextEventId } from '../../event-store/commands/index.js';
import { EVERYONE, isPublic } from '../../event-store/domain/index.js';
import {
  decideChange,
  decideCreate,
  decideDelete,
  decideReplace,
  decideRestore,
  type InitialMetadata,
  type Decision,
  mergePatch,
  streamNameOf,
  type UserData,
  type UserStreamKey,
} from '../domain/index.js';
import { type DataSchemas } from './data-schemas.js';
import { UserStreamWriter, type UserStreamWriterOptions } from './user-stream-writer.js';
import { type WriteCommand, type WriteContext, type WriteOutcome, type WriteRequest } from './write-command.js';

/** Data, and the path of their object in the request for messages; absent: the request itself. */
export interface PlacedData {
  readonly data: UserData;
  readonly within?: string;
}

export interface Replacement {
  readonly request: WriteRequest;
  readonly data: readonly PlacedData[];
}

/**
 * Writes to user streams, each with optimistic concurrency. All methods throw PermissionError, QuotaExceededError,
 * EventTooLargeError, ValidationError, ConnectionError and TimeoutError.
 */
export class UserStreams {
  readonly #writer: UserStreamWriter;
  readonly #schemas: DataSchemas;

  constructor(options: UserStreamWriterOptions) {
    this.#writer = new UserStreamWriter(options);
    this.#schemas = options.schemas;
  }

  /** @throws StreamAlreadyExistsError, StreamDeletedError */
  create(request: WriteRequest, initial: InitialMetadata, data: UserData | undefined): Promise<WriteOutcome> {
    const decide = (context: WriteContext, nextId: NextEventId): Decision => {
      if (data) this.#check(request.key, data);
      return decideCreate(context, initial, data && { data, eventId: nextId() });
    };
    const payload = [asIdentified(request.key, initial), data ?? null];
    return this.#write({ request, right: 'write', action: 'create', payload, decide });
  }

  /** Appends an event for each element of `data`, atomically. @throws WrongExpectedRevisionError, StreamDeletedError */
  replace(request: WriteRequest, data: readonly PlacedData[]): Promise<WriteOutcome> {
    return this.#write(this.#replacement({ request, data }));
  }

  /** By a JSON Merge Patch (RFC 7396). @throws WrongExpectedRevisionError, StreamNotFoundError, StreamDeletedError */
  change(request: WriteRequest, patch: UserData): Promise<WriteOutcome> {
    const decide = (context: WriteContext, nextId: NextEventId): Decision => {
      const before = context.data ? (JSON.parse(context.data.json) as UserData) : {};
      const data = mergePatch(before, patch) as UserData;
      const decision = decideChange(context, request.precondition, { data, eventId: nextId() });
      // At another revision than the required one, the result is not validated: the store rejects the append.
      if (decision.expectedRevision === BigInt(context.stream?.revision ?? -1)) this.#check(request.key, data);
      return decision;
    };
    return this.#write({ request, right: 'write', action: 'change', payload: [patch], readsData: true, decide });
  }

  /** Soft delete; see {@link restore}. @throws WrongExpectedRevisionError, StreamNotFoundError, StreamDeletedError */
  delete(request: WriteRequest): Promise<WriteOutcome> {
    return this.#administer(request, 'delete', decideDelete);
  }

  /** @throws StreamNotFoundError, StreamAlreadyExistsError, WrongExpectedRevisionError */
  restore(request: WriteRequest): Promise<WriteOutcome> {
    return this.#administer(request, 'restore', decideRestore);
  }

  /** {@link replace} on several streams in one atomic write. @throws WrongExpectedRevisionError, StreamDeletedError */
  replaceAll(replacements: readonly Replacement[]): Promise<readonly WriteOutcome[]> {
    const streamNames = replacements.map(({ request: { key } }) => streamNameOf(key));
    return this.#writer.execute(replacements.map((replacement) => this.#replacement(replacement, streamNames)));
  }

  /** @param streamNames names of all streams that the request writes to */
  #replacement({ request, data: placed }: Replacement, streamNames: readonly string[] = []): WriteCommand {
    const decide = (context: WriteContext, nextId: NextEventId): Decision => {
      for (const { data, within } of placed) this.#check(request.key, data, within);
      return decideReplace(
        context,
        request.precondition,
        placed.map(({ data }) => ({ data, eventId: nextId() })),
      );
    };
    return {
      request,
      right: 'write',
      action: 'replace',
      payload: [streamNames, ...placed.map(({ data }) => data)],
      decide,
    };
  }

  #administer(request: WriteRequest, action: 'delete' | 'restore', decide: typeof decideDelete): Promise<WriteOutcome> {
    const decideOn = (context: WriteContext): Decision => decide(context, request.precondition);
    return this.#write({ request, right: 'admin', action, payload: [], decide: decideOn });
  }

  async #write(command: WriteCommand): Promise<WriteOutcome> {
    const [outcome] = await this.#writer.execute([command]);
    if (!outcome) throw new Error('The write of one command has no outcome');
    return outcome;
  }

  #check({ type, category }: UserStreamKey, data: UserData, within?: string): void {
    this.#schemas.check(type, category, data, within);
  }
}

/** As version 0.1.0 had it, so that a request with an `Idempotency-Key` is recognized that it executed. */
function asIdentified({ userId }: UserStreamKey, initial: InitialMetadata): InitialMetadata {
  const { permissions } = initial;
  return isPublic(permissions) ? { ...initial, permissions: { ...permissions, read: [EVERYONE, userId] } } : initial;
}
