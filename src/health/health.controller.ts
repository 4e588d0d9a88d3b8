import { Controller, Get, UseFilters } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import { HealthCheck, type HealthCheckResult, HealthCheckService, type HealthIndicatorResult } from '@nestjs/terminus';
import { KurrentDBHealthIndicator } from '../event-store/index.js';
import { Access, IgnoresAccept } from '../http/index.js';
import { gradeOf } from '../uptime/domain/index.js';
import { UptimeHealthIndicator } from '../uptime/index.js';
import { UserStreamsHealthIndicator } from '../user-streams/index.js';
import { HealthCheckFilter } from './health-check.filter.js';
import { ProcessHealthIndicator } from './process.health.js';

const ALIVE: HealthCheckResult = { status: 'ok', info: {}, error: {}, details: {} };

/** Kubernetes probes (livez, readyz, startupz) and health for operators (health), in the format of Terminus. */
@ApiTags('health')
@UseFilters(HealthCheckFilter)
@IgnoresAccept()
@Controller()
export class HealthController {
  #hasStarted = false;

  constructor(
    private readonly health: HealthCheckService,
    private readonly kurrentdb: KurrentDBHealthIndicator,
    private readonly uptime: UptimeHealthIndicator,
    private readonly userStreams: UserStreamsHealthIndicator,
    private readonly process: ProcessHealthIndicator,
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
    summary: 'Readiness: the store is reachable and the streams exist',
    description: '503 while starting and while shutting down.',
  })
  readyz(): Promise<HealthCheckResult> {
    return this.health.check([
      () => this.kurrentdb.check(),
      () => this.uptime.check(),
      () => this.userStreams.check(),
      () => this.process.check(),
    ]);
  }

  @Get('startupz')
  @Access({ kind: 'public' })
  @HealthCheck()
  @ApiOperation({ summary: 'Startup: the service has been ready once' })
  async startupz(): Promise<HealthCheckResult> {
    if (this.#hasStarted) return ALIVE;
    const result = await this.readyz();
    this.#hasStarted = true;
    return result;
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
