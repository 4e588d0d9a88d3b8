import { Inject, Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { type EventStore } from '../domain/index.js';
import { EVENT_STORE } from '../tokens.js';

/** Health probes within this time share one connection test, so that frequent probes do not load the store. */
const CACHE_MS = 1_000;

/** Health of the store by a connection test: append and read. */
@Injectable()
export class KurrentDBHealthIndicator {
  constructor(
    private readonly indicators: HealthIndicatorService,
    @Inject(EVENT_STORE) private readonly store: EventStore,
  ) {}

  /** `up` with `responseTime` in milliseconds, or `down` with the reason. */
  async check(): Promise<HealthIndicatorResult<'kurrentdb'>> {
    return this.indicators
      .check('kurrentdb')
      .attempt(async () => {
        const { health, error } = await this.store.testConnection();
        if (health !== 'healthy') throw new Error(error ?? 'The connection test failed');
      })
      .cacheFor(CACHE_MS);
  }
}
