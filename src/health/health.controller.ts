import { Controller, Get, Inject, ServiceUnavailableException, UseFilters } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import { HealthCheck, type HealthCheckResult, HealthCheckService, type HealthIndicatorResult } from '@nestjs/terminus';
import { APP_CONFIG, type AppConfig } from '../config/index.js';
import { KurrentDBHealthIndicator, StoreWatch } from '../event-store/index.js';
import { Access, IgnoresAccept } from '../http/index.js';
import { gradeOf } from '../uptime/domain/index.js';
import { UptimeHealthIndicator } from '../uptime/index.js';
import { UserStreamsHealthIndicator } from '../user-streams/index.js';
import { HealthCheckFilter } from './health-check.filter.js';
import { ProcessHealthIndicator } from './process.health.js';
import {
  asRequired,
  type Circumstances,
  hasStarted,
  type Indicators,
  isReady,
  type Parts,
  partsOf,
} from './readiness.js';

/** Kubernetes waits a second for /readyz, by default. */
const STORE_WITHIN_MS = 500;

type ReadyzResult = Parts & HealthCheckResult;
type IndicatorResult = HealthIndicatorResult[string];

const ALIVE: HealthCheckResult = { status: 'ok', info: {}, error: {}, details: {} };

/** Kubernetes probes (livez, readyz, startupz) and health for operators (health), in the format of Terminus. */
@ApiTags('health')
@UseFilters(HealthCheckFilter)
@IgnoresAccept()
@Controller()
export class HealthController {
  #hasStarted = false;
  #wasReady = false;

  constructor(
    private readonly health: HealthCheckService,
    private readonly kurrentdb: KurrentDBHealthIndicator,
    private readonly uptime: UptimeHealthIndicator,
    private readonly userStreams: UserStreamsHealthIndicator,
    private readonly process: ProcessHealthIndicator,
    private readonly watch: StoreWatch,
    @Inject(APP_CONFIG) private readonly config: Pick<AppConfig, 'readyzRequires'>,
  ) {}

  @Get('livez')
  @Access({ kind: 'public' })
  @ApiOperation({
    summary: 'Liveness: the process responds',
    description: 'Does not check the store: a restart of this process would not repair it.',
  })
  @ApiOkResponse({ description: 'Alive', example: ALIVE })
  livez(): HealthCheckResult {
    return ALIVE;
  }

  @Get('readyz')
  @Access({ kind: 'public' })
  @HealthCheck()
  @ApiOperation({
    summary: 'Readiness: uptime can be answered',
    description:
      '503 while starting, while shutting down, and while the tables of a store that was replaced are rebuilt. ' +
      'With READYZ_REQUIRES=store also while KurrentDB cannot be read or written, or user streams are not up to date; ' +
      'the members store, writes and userStreams (ok or degraded) tell that in any case.',
  })
  async readyz(): Promise<ReadyzResult> {
    return this.#respond(await this.#indicators());
  }

  @Get('startupz')
  @Access({ kind: 'public' })
  @HealthCheck()
  @ApiOperation({
    summary: 'Startup: everything has worked once',
    description: 'Without KurrentDB, and with READYZ_REQUIRES=process: uptime can be answered.',
  })
  async startupz(): Promise<HealthCheckResult> {
    if (this.#hasStarted) return ALIVE;
    const indicators = await this.#indicators();
    this.#hasStarted = hasStarted(indicators, this.#circumstances);
    return this.#hasStarted ? ALIVE : this.health.check(inTurn(indicators));
  }

  @Get('health')
  @Access({ kind: 'open', group: 'health' })
  @HealthCheck()
  @ApiOperation({ summary: 'All indicators' })
  all(): Promise<HealthCheckResult> {
    return this.health.check([
      () => this.#gradedKurrentdb(),
      () => this.uptime.check(),
      () => this.userStreams.check(),
      () => this.process.check(),
    ]);
  }

  @Get('health/kurrentdb')
  @Access({ kind: 'open', group: 'health' })
  @HealthCheck()
  @ApiOperation({
    summary: 'KurrentDB: result of an append and a read, with response time in milliseconds and grade',
  })
  @ApiServiceUnavailableResponse({ description: 'KurrentDB is unreachable, or does not respond correctly' })
  store(): Promise<HealthCheckResult> {
    return this.health.check([() => this.#gradedKurrentdb()]);
  }

  get #circumstances(): Circumstances {
    return {
      requires: this.config.readyzRequires,
      isReplaced: this.watch.problem !== undefined,
      isHistoryComplete: this.uptime.isHistoryComplete,
      wasReady: this.#wasReady,
    };
  }

  async #indicators(): Promise<Indicators<IndicatorResult>> {
    return {
      ...(await this.#kurrentdbInTime()),
      ...this.uptime.check(),
      ...this.userStreams.check(),
      ...this.process.check(),
    };
  }

  /** A replica that answers without the store must not wait for it. */
  #kurrentdbInTime(): Promise<HealthIndicatorResult<'kurrentdb'>> {
    return this.config.readyzRequires === 'store'
      ? this.kurrentdb.check()
      : this.kurrentdb.checkWithin(STORE_WITHIN_MS);
  }

  /** @throws ServiceUnavailableException with the same body */
  async #respond(indicators: Indicators<IndicatorResult>): Promise<ReadyzResult> {
    const circumstances = this.#circumstances;
    this.#wasReady ||= isReady(indicators, circumstances);
    const parts = partsOf(indicators);
    try {
      return { ...parts, ...(await this.health.check(inTurn(asRequired(indicators, circumstances)))) };
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      throw new ServiceUnavailableException({ ...parts, ...(error.getResponse() as HealthCheckResult) });
    }
  }

  async #gradedKurrentdb(): Promise<HealthIndicatorResult> {
    const { kurrentdb } = await this.kurrentdb.check();
    const { responseTime } = kurrentdb;
    return {
      kurrentdb:
        kurrentdb.status === 'up' && typeof responseTime === 'number'
          ? { ...kurrentdb, performanceGrade: gradeOf(responseTime) }
          : kurrentdb,
    };
  }
}

function inTurn(indicators: Indicators<IndicatorResult>): (() => HealthIndicatorResult)[] {
  return Object.entries(indicators).map(([name, result]: [string, IndicatorResult]) => () => ({ [name]: result }));
}
