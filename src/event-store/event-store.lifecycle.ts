import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  Optional,
} from '@nestjs/common';
import { settleWithin, sleep } from '../common/wait.js';
import { APP_CONFIG, type AppConfig } from '../config/index.js';
import { DomainError } from './domain/index.js';
import { KurrentDBConnection } from './kurrentdb/kurrentdb-client.provider.js';
import { DefaultAclState } from './name-spaces/default-acl-state.js';
import { NameSpaces } from './name-spaces/name-spaces.js';
import { ReadModels } from './read-models/read-models.js';
import { StoreWatch } from './store-watch/store-watch.js';
import { NAME_SPACES_USE, type NameSpacesUse } from './tokens.js';

const RETRY_MS = 1_000;
/** A store that cannot be reached must not delay the start. */
const START_WITHIN_MS = 1_500;

/**
 * Claims the name spaces before anything is read or written; stops the read models after the HTTP server, whose
 * requests read them, and closes the store last.
 */
@Injectable()
export class EventStoreLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger('EventStore');
  readonly #stop = new AbortController();
  #claiming: Promise<void> = Promise.resolve();

  constructor(
    private readonly readModels: ReadModels,
    private readonly watch: StoreWatch,
    private readonly connection: KurrentDBConnection,
    private readonly nameSpaces: NameSpaces,
    private readonly defaultAcl: DefaultAclState,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    @Optional() @Inject(NAME_SPACES_USE) private readonly use?: NameSpacesUse,
  ) {}

  /** @throws NameSpacesTakenError; for a command also errors of the store */
  async onApplicationBootstrap(): Promise<void> {
    if (this.use !== undefined) return this.#useOnce(this.use);
    this.watch.listen({
      onReplaced: () => this.nameSpaces.forget(),
      rebuild: () => (this.#claiming = this.#claim().catch((error: Error) => this.#exit(error))),
    });
    this.watch.start();
    this.#claiming = this.#claim();
    if (await settleWithin(START_WITHIN_MS, this.#claiming)) return;
    this.#claiming.catch((error: Error) => this.#exit(error));
  }

  async onApplicationShutdown(): Promise<void> {
    this.#stop.abort();
    await this.#claiming.catch(() => undefined);
    await this.readModels.stop();
    await this.watch.stop();
    await this.connection.close();
  }

  async #useOnce(use: NameSpacesUse): Promise<void> {
    try {
      if (use === 'leave') return await this.nameSpaces.read();
      await this.nameSpaces.claim((storeIdentity) => this.readModels.hasUsed(storeIdentity));
    } catch (error) {
      await this.connection.close(); // it would keep the process alive
      throw error;
    }
    this.readModels.start();
  }

  /** The start has ended without the store. */
  #exit({ message }: Error): void {
    this.#logger.fatal(message);
    process.exit(1);
  }

  async #claim(): Promise<void> {
    for (let attempt = 1; !this.#stop.signal.aborted; attempt++) {
      try {
        await this.nameSpaces.claim((storeIdentity) => this.readModels.hasUsed(storeIdentity));
        await this.defaultAcl.read(this.config.kurrentdb);
        return this.readModels.start();
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        if (attempt === 1)
          this.#logger.warn(`Cannot claim the name spaces yet, retrying every ${RETRY_MS} ms: ${error.message}`);
        await sleep(RETRY_MS, this.#stop.signal);
      }
    }
  }
}
