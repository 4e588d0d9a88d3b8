import { Inject, Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { settleWithin } from '../../common/wait.js';
import { type ConnectionTestResult, type EventStore, HEALTH_CHECK_STREAM } from '../domain/index.js';
import { DefaultAclState } from '../name-spaces/default-acl-state.js';
import { StoreWatch } from '../store-watch/store-watch.js';
import { EVENT_STORE } from '../tokens.js';
import { isReadable } from './connection-test.js';

/** Health probes within this time share one connection test, so that frequent probes do not load the store. */
const CACHE_MS = 1_000;
/** Kubernetes does not wait for the time limit of an append: after this time without an answer, a read decides. */
const APPEND_MS = 2_000;

type Failing = Pick<ConnectionTestResult, 'storage' | 'writes' | 'error'>;

/** Health of the store by a connection test: append and read. Failing writes degrade it while reading works. */
@Injectable()
export class KurrentDBHealthIndicator {
  /** Of the last test, if the store can be read. */
  #failing: Failing | undefined;
  #last: HealthIndicatorResult<'kurrentdb'> | undefined;

  constructor(
    private readonly indicators: HealthIndicatorService,
    @Inject(EVENT_STORE) private readonly store: EventStore,
    private readonly watch: StoreWatch,
    private readonly defaultAcl: DefaultAclState,
  ) {}

  /** `up` with `responseTime` in milliseconds, or `degraded` or `down` with the reason. */
  async check(): Promise<HealthIndicatorResult<'kurrentdb'>> {
    return (this.#last = await this.#check());
  }

  /**
   * {@link check} for a caller that cannot wait for a store which does not answer: after `ms` what was wrong at the last
   * check; if nothing was, `degraded` with `answered: false`.
   */
  async checkWithin(ms: number): Promise<HealthIndicatorResult<'kurrentdb'>> {
    const check = this.check();
    if (await settleWithin(ms, check)) return check;
    if (this.#last && this.#last.kurrentdb.status !== 'up') return this.#last;
    const message = `KurrentDB has not answered the connection test for ${ms} ms`;
    return this.indicators.check('kurrentdb').degraded({ answered: false, message });
  }

  async #check(): Promise<HealthIndicatorResult<'kurrentdb'>> {
    const { problem } = this.watch;
    if (problem) return this.indicators.check('kurrentdb').down({ message: problem.message });
    const result = await this.indicators
      .check('kurrentdb')
      .attempt(() => this.#test())
      .cacheFor(CACHE_MS);
    if (this.#failing === undefined) return this.#withWarning(result);
    const { error = 'Writes fail', ...failing } = this.#failing;
    return this.indicators.check('kurrentdb').degraded({ ...failing, message: error });
  }

  /** @throws Error unless the store can be read */
  async #test(): Promise<void> {
    const test = this.store.testConnection(HEALTH_CHECK_STREAM);
    const isLate = !(await settleWithin(APPEND_MS, test));
    const late = { writes: 'failing', error: `KurrentDB has not answered an append for ${APPEND_MS} ms` } as const;
    const result: Failing | ConnectionTestResult = isLate && (await isReadable(this.store)) ? late : await test;
    const { storage, writes, error } = result;
    this.#failing = undefined;
    if (writes === 'failing') this.#failing = { ...(storage ? { storage } : {}), writes, ...(error ? { error } : {}) };
    else if ('health' in result && result.health !== 'healthy') throw new Error(error ?? 'The connection test failed');
  }

  /** Says so while other users of the store may write in the name spaces of this service. */
  #withWarning(result: HealthIndicatorResult<'kurrentdb'>): HealthIndicatorResult<'kurrentdb'> {
    const { warning } = this.defaultAcl;
    if (warning === undefined || result.kurrentdb.status !== 'up') return result;
    return { kurrentdb: { ...result.kurrentdb, warning } };
  }
}
