import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../common/clock.js';
import { type EventStore, type RecordedEvent } from '../domain/index.js';
import { type StoreWatch } from '../store-watch/store-watch.js';
import { Freshness } from './freshness.js';
import { Poll } from '../poll.js';
import { Projection, type ProjectionDefinition } from './projection.js';
import { ReadModel, type ReadModelDefinition } from './read-model.js';
import { type RebuildProgress, rebuildReadModel } from './rebuild.js';
import { type StreamFollower } from './stream-follower.js';

/** Whose the streams are. */
export interface ClaimedNameSpaces {
  /** Whether no model applies an event. */
  isSetAside(event: RecordedEvent): boolean;
  untilClaimed(): Promise<void>;
}

/**
 * All read models of the process. A feature opens its own while the modules are created; the module of the store starts
 * and stops them.
 */
export class ReadModels {
  readonly #models: StreamFollower[] = [];
  readonly #polls: Poll[] = [];

  /** @param directory of the LMDB tables; other versions of a model are removed from it */
  constructor(
    private readonly store: Pick<EventStore, 'subscribeToAll' | 'subscribeToStream' | 'identity' | 'readLogExtent'>,
    private readonly directory: string,
    private readonly clock: Clock = systemClock,
    private readonly watch?: StoreWatch,
    private readonly nameSpaces?: ClaimedNameSpaces,
  ) {
    watch?.listen({ rebuild: () => this.#restart() });
  }

  /** Opens a model in LMDB tables. @throws Error if another process has it open */
  open(definition: ReadModelDefinition): ReadModel {
    return this.#add(
      new ReadModel(this.#without(definition), this.store, this.#directoryOf(definition), this.watch, this.clock),
    );
  }

  /** Adds a model whose state is kept in memory. */
  project(definition: ProjectionDefinition): Projection {
    return this.#add(new Projection(definition, this.store));
  }

  /** Compares a model with the store twice a second. */
  watchFreshness(model: StreamFollower, { streamNamePrefixes }: ReadModelDefinition): Freshness {
    const freshness = new Freshness(model, this.store, streamNamePrefixes, this.clock);
    this.poll(() => freshness.observe());
    return freshness;
  }

  /** Whether a model has tables of a store. */
  hasUsed(storeIdentity: string): boolean {
    return this.#models.some((model) => model instanceof ReadModel && model.storeIdentity === storeIdentity);
  }

  /** Runs a question to the store twice a second, from {@link start} to {@link stop}. */
  poll(ask: () => Promise<void>): void {
    this.#polls.push(new Poll(ask, this.clock));
  }

  /** Starts all models, without waiting for the store. */
  start(): void {
    for (const model of this.#models) model.startWhenReachable();
    for (const poll of this.#polls) poll.start();
  }

  /** Resolves when the running batches have been applied and all tables are closed. */
  async stop(): Promise<void> {
    // Without waiting for an answer: the store may be unreachable.
    for (const poll of this.#polls) void poll.stop();
    await Promise.all(this.#models.map((model) => model.stop()));
  }

  /**
   * Rebuilds a model from the streams and replaces its tables.
   *
   * @throws as {@link rebuildReadModel}
   */
  rebuild(definition: ReadModelDefinition, report: (progress: RebuildProgress) => void): Promise<RebuildProgress> {
    return rebuildReadModel(this.#without(definition), this.store, this.#directoryOf(definition), report);
  }

  #without(definition: ReadModelDefinition): ReadModelDefinition {
    const apply: ReadModelDefinition['apply'] = (tables, events) => {
      const applicable = events.filter((event) => this.nameSpaces?.isSetAside(event) !== true);
      if (applicable.length > 0) definition.apply(tables, applicable);
    };
    return { ...definition, apply };
  }

  /** Resolves when all models have been rebuilt from the store as it is now. */
  async #restart(): Promise<void> {
    await this.nameSpaces?.untilClaimed();
    await Promise.all(this.#models.map((model) => model.restart()));
  }

  #add<Model extends StreamFollower>(model: Model): Model {
    this.#models.push(model);
    return model;
  }

  #directoryOf({ name, version }: ReadModelDefinition): string {
    mkdirSync(this.directory, { recursive: true });
    const current = `${name}-v${version}`;
    const anyVersion = new RegExp(`^${name}-v\\d+(-damaged)?$`);
    for (const entry of readdirSync(this.directory)) {
      if (anyVersion.test(entry) && entry.replace(/-damaged$/, '') !== current)
        rmSync(join(this.directory, entry), { recursive: true });
    }
    return join(this.directory, current);
  }
}
