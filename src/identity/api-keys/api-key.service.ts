import { toTimestamp } from '../../common/time.js';
import { type CommandDependencies, handleCommand, KeyedMutex, loadOrCreate } from '../../event-store/commands/index.js';
import {
  type Clock,
  type EventStore,
  type NewEvent,
  type RecordedEvent,
  type Role,
  type NewStream,
  StreamNotFoundError,
  ValidationError,
} from '../../event-store/domain/index.js';
import {
  API_KEYS_STREAM,
  type ApiKey,
  ApiKeyCreated,
  ApiKeyRevoked,
  type ApiKeys,
  evolveApiKeys,
  findByName,
  formatApiKey,
  isApiKeyName,
  isRevokedName,
} from '../domain/index.js';
import { hashOf, makeApiKey } from './api-key-secret.js';

export interface NewApiKey {
  readonly name: string;
  /** In addition to `user`. */
  readonly roles: readonly Role[];
  readonly expiresInSeconds?: number;
  readonly createdBy?: string;
}

export interface CreatedApiKey {
  /** The complete key; it is returned only here and never stored. */
  readonly text: string;
  readonly keyId: string;
}

const PAGE_SIZE = 1_000;

/** Created before the first key, so that nobody else does. */
export const API_KEYS: NewStream = {
  name: API_KEYS_STREAM,
  description: 'API keys: made and revoked by the command line, followed by every replica',
  owner: 'system',
  permissions: { read: ['system'], write: ['system'], admin: ['system'] },
};

/** API keys as events in the stream `system-api-keys`. Each method also throws the errors of the store. */
export class ApiKeyService {
  readonly #dependencies: CommandDependencies;

  constructor(
    private readonly store: CommandDependencies['store'] & Pick<EventStore, 'createStream'>,
    private readonly clock: Clock,
  ) {
    this.#dependencies = { store, mutex: new KeyedMutex() };
  }

  /** @throws ValidationError for an invalid name, or one that another key has or had */
  async create({ name, roles, expiresInSeconds, createdBy }: NewApiKey): Promise<CreatedApiKey> {
    if (!isApiKeyName(name))
      throw new ValidationError(
        `'${name}' is not a valid API key name: use at most 64 lower-case letters, digits and '-'`,
      );
    const { keyId, secret } = makeApiKey();
    return this.#execute('create', (keys) => {
      if (findByName(keys, name))
        throw new ValidationError(`An API key named '${name}' already exists; use another name`);
      if (isRevokedName(keys, name))
        throw new ValidationError(
          `'${name}' was the name of a revoked API key, whose permissions on streams the new one would have; use another name`,
        );
      const now = this.clock.now();
      const data: ApiKeyCreated = {
        keyId,
        name,
        hash: hashOf(secret),
        roles,
        createdAt: toTimestamp(now),
        ...(createdBy === undefined ? {} : { createdBy }),
        ...(expiresInSeconds === undefined ? {} : { expiresAt: toTimestamp(now + expiresInSeconds * 1_000) }),
      };
      return { event: { type: ApiKeyCreated.type, data }, result: { text: formatApiKey({ keyId, secret }), keyId } };
    });
  }

  /** All keys, also expired and revoked ones, in the order of their creation. */
  async list(): Promise<readonly ApiKey[]> {
    const recorded = await this.#read();
    return [...(recorded?.keys.values() ?? [])];
  }

  /**
   * @param key its name or its id
   * @returns the key before its revocation
   * @throws ValidationError if no key has this name or id, or if it is already revoked
   */
  async revoke(key: string): Promise<ApiKey> {
    return this.#execute('revoke', (keys) => {
      const revoked = findByName(keys, key) ?? keys.get(key);
      if (!revoked || revoked.revokedAt !== undefined)
        throw new ValidationError(
          `There is no API key '${key}' to revoke; \`npm run streams -- api-keys list\` shows all keys`,
        );
      const data: ApiKeyRevoked = { keyId: revoked.keyId, revokedAt: toTimestamp(this.clock.now()) };
      return { event: { type: ApiKeyRevoked.type, data }, result: revoked };
    });
  }

  #execute<Result>(
    action: string,
    decide: (keys: ApiKeys) => { readonly event: NewEvent; readonly result: Result },
  ): Promise<Result> {
    return handleCommand(
      {
        info: { action: `api-keys.${action}`, isActorInData: true },
        streams: [API_KEYS_STREAM],
        load: () =>
          loadOrCreate(
            API_KEYS_STREAM,
            () => this.#read(),
            () => this.store.createStream(API_KEYS),
          ),
        decide: ({ keys, revision }) => {
          const { event, result } = decide(keys);
          return { writes: [{ streamName: API_KEYS_STREAM, events: [event], expectedRevision: revision }], result };
        },
        result: ({ result }) => result,
      },
      this.#dependencies,
    );
  }

  async #read(): Promise<{ readonly keys: ApiKeys; readonly revision: bigint } | undefined> {
    const events: RecordedEvent[] = [];
    try {
      for (let from = 0n; ;) {
        const page = await this.store.readStream(API_KEYS_STREAM, { from, limit: PAGE_SIZE });
        events.push(...page);
        const last = events.at(-1);
        if (page.length < PAGE_SIZE) return last && { keys: evolveApiKeys(new Map(), events), revision: last.revision };
        from = (last?.revision ?? from) + 1n;
      }
    } catch (error) {
      if (error instanceof StreamNotFoundError && events.length === 0) return undefined;
      throw error;
    }
  }
}
