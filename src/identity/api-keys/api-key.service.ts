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
} from '../domain/index.js';
import { hashOf, makeApiKey } from './api-key-secret.js';

export interface NewApiKey {
  readonly name: string;
  /** Beside `user`, which everyone is. */
  readonly roles: readonly Role[];
  /** For ever where absent. */
  readonly expiresInSeconds?: number;
  readonly createdBy?: string;
}

export interface CreatedApiKey {
  /** What its holder sends; it is told once and kept nowhere. */
  readonly text: string;
  readonly keyId: string;
}

interface Recorded {
  readonly keys: ApiKeys;
  readonly revision: bigint;
}

const PAGE = 1_000;

const STREAM: NewStream = {
  name: API_KEYS_STREAM,
  description: 'API keys: made and revoked by the command line, followed by every replica',
  owner: 'system',
  permissions: { read: ['system'], write: ['system'], admin: ['system'] },
};

/** Makes, lists and revokes API keys, by events in the stream `system-api-keys`. All methods throw the errors of the store. */
export class ApiKeyService {
  readonly #dependencies: CommandDependencies;

  constructor(
    private readonly store: CommandDependencies['store'] & Pick<EventStore, 'createStream'>,
    private readonly clock: Clock,
  ) {
    this.#dependencies = { store, mutex: new KeyedMutex() };
  }

  /** @throws ValidationError for a name that is not one, or that a key has which was not revoked */
  async create({ name, roles, expiresInSeconds, createdBy }: NewApiKey): Promise<CreatedApiKey> {
    if (!isApiKeyName(name))
      throw new ValidationError(`'${name}' cannot name an API key: use at most 64 lower-case letters, digits and '-'`);
    const { keyId, secret } = makeApiKey();
    return this.#execute('create', (keys) => {
      if (findByName(keys, name))
        throw new ValidationError(`There is an API key named '${name}'; revoke it first, or take another name`);
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
      return {
        event: { type: ApiKeyCreated.type, data },
        result: { text: formatApiKey({ keyId, secret }), keyId },
      };
    });
  }

  /** All keys there ever were, in the order they were made in. */
  async list(): Promise<readonly ApiKey[]> {
    const recorded = await this.#read();
    return [...(recorded?.keys.values() ?? [])];
  }

  /**
   * @param key its name or its id
   * @returns the key as it was
   * @throws ValidationError where no key that was not revoked is called so
   */
  async revoke(key: string): Promise<ApiKey> {
    return this.#execute('revoke', (keys) => {
      const revoked = findByName(keys, key) ?? keys.get(key);
      if (!revoked || revoked.revokedAt !== undefined)
        throw new ValidationError(
          `There is no API key '${key}' to revoke; \`npm run streams -- api-keys list\` shows those there are`,
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
            () => this.store.createStream(STREAM),
          ),
        decide: ({ keys, revision }) => {
          const { event, result } = decide(keys);
          return {
            writes: [{ streamName: API_KEYS_STREAM, events: [event], expectedRevision: revision }],
            result,
          };
        },
        result: ({ result }) => result,
      },
      this.#dependencies,
    );
  }

  async #read(): Promise<Recorded | undefined> {
    const events: RecordedEvent[] = [];
    try {
      for (let from = 0n; ;) {
        const page = await this.store.readStream(API_KEYS_STREAM, { from, limit: PAGE });
        events.push(...page);
        const last = events.at(-1);
        if (page.length < PAGE) return last && { keys: evolveApiKeys(new Map(), events), revision: last.revision };
        from = (last?.revision ?? from) + 1n;
      }
    } catch (error) {
      if (error instanceof StreamNotFoundError && events.length === 0) return undefined;
      throw error;
    }
  }
}
