import { Inject, Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { type EventStore } from '../domain/index.js';
import { StoreWatch } from '../store-watch/store-watch.js';
import { EVENT_STORE } from '../tokens.js';

/** Health probes within this time share one connection test, so that frequent probes do not load the store. */
const CACHE_MS = 1_000;

/** Health of the store by a connection test: append and read. A full disk degrades it, because reading continues. */
@Injectable()
export class KurrentDBHealthIndicator {
  /** Reason of the last test, if the disk is full. */
  #storageFull: string | undefined;

  constructor(
    private readonly indicators: HealthIndicatorService,
    @Inject(EVENT_STORE) private readonly store: EventStore,
    private readonly watch: StoreWatch,
  ) {}

  /** `up` with `responseTime` in milliseconds, or `degraded` or `down` with the reason. */
  async check(): Promise<HealthIndicatorResult<'kurrentdb'>> {
    const { problem } = this.watch;
    if (problem) return this.indicators.check('kurrentdb').down({ message: problem.message });
    const result = await this.indicators
      .check('kurrentdb')
      .attempt(async () => {
        const { health, error, storage } = await this.store.testConnection();
        this.#storageFull = storage === 'full' ? error : undefined;
        if (storage === 'full') return;
        if (health !== 'healthy') throw new Error(error ?? 'The connection test failed');
      })
      .cacheFor(CACHE_MS);
    return this.#storageFull === undefined
      ? result
      : this.indicators.check('kurrentdb').degraded({ storage: 'full', message: this.#storageFull });
  }
}
