import { toTimestamp } from '../../../common/time.js';
import { Controller, Get, HttpCode, HttpStatus, Inject, Post, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import { type Response } from 'express';
import { APP_CONFIG, type AppConfig } from '../../../config/index.js';
import { CLOCK, type Clock, EVENT_STORE, type EventStore } from '../../../event-store/index.js';
import { Access, ApiErrors, NoQueryPipe } from '../../../http/index.js';
import { createUptimeStreams, samplesMaxAgeOf } from '../application/index.js';
import { LIVE_SERVICES, type LiveServices } from '../../domain/index.js';
import { ConnectionTestResponse, StreamCreationResponse } from './uptime-streams.dto.js';

const RETRY_AFTER_SECONDS = '5';
const AN_INSTANT = '2026-01-31T12:00:00.000Z';
const CREATED_EXAMPLE = {
  timestamp: AN_INSTANT,
  message: 'Stream creation completed',
  results: ['http', 'websocket', 'database'].map((service) => ({
    service,
    streamName: `service-uptime-${service}`,
    success: true,
    streamId: `service-uptime-${service}`,
  })),
};
const TESTED_EXAMPLE = {
  timestamp: AN_INSTANT,
  message: 'KurrentDB connection test completed',
  results: { connection: 'success', health: 'healthy', responseTime: 45 },
};
const UNREACHABLE = 'KurrentDB cannot be reached while appending to stream';

/** Creation of the uptime streams, and a test of the store. */
@ApiTags('uptime')
@Controller('api/uptime')
@Access({ kind: 'open', group: 'uptime' })
export class UptimeStreamsController {
  readonly #samplesMaxAge: number | undefined;

  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(APP_CONFIG) { uptime }: AppConfig,
    @Inject(LIVE_SERVICES) private readonly services: LiveServices,
  ) {
    this.#samplesMaxAge = samplesMaxAgeOf(uptime.samplesMaxAgeDays);
  }

  @Post('create-streams')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    summary: 'Create the streams of the configured services',
    description: 'The service also does this at its start. Idempotent.',
  })
  @ApiOkResponse({ type: StreamCreationResponse, example: CREATED_EXAMPLE })
  @ApiServiceUnavailableResponse({
    description: 'Some streams could not be created; Retry-After is set',
    type: StreamCreationResponse,
    example: {
      ...CREATED_EXAMPLE,
      message: 'Stream creation failed for 1 of 1 services',
      results: [
        {
          service: 'http',
          streamName: 'service-uptime-http',
          success: false,
          error: `${UNREACHABLE} 'service-uptime-http'; retry in a moment`,
        },
      ],
    },
  })
  @ApiErrors('validation-error')
  async createStreams(
    @Query(NoQueryPipe) _query: unknown,
    @Res({ passthrough: true }) response: Response,
  ): Promise<StreamCreationResponse> {
    const results = await createUptimeStreams(this.store, [...this.services.monitors.keys()], this.#samplesMaxAge);
    const failed = results.filter(({ success }) => !success).length;
    if (failed > 0) setUnavailable(response);
    const message =
      failed === 0 ? 'Stream creation completed' : `Stream creation failed for ${failed} of ${results.length} services`;
    return { timestamp: toTimestamp(this.clock.now()), message, results };
  }

  @Get('test-kurrentdb')
  @ApiOperation({
    summary: 'Test the connection to KurrentDB',
    description: 'Appends an event to the stream `connection-test` and reads it back.',
  })
  @ApiOkResponse({ type: ConnectionTestResponse, example: TESTED_EXAMPLE })
  @ApiServiceUnavailableResponse({
    description: 'The test failed; Retry-After is set',
    type: ConnectionTestResponse,
    example: {
      ...TESTED_EXAMPLE,
      message: 'KurrentDB connection test failed',
      results: {
        connection: 'failed',
        health: 'unhealthy',
        responseTime: 12,
        error: `${UNREACHABLE} 'connection-test'; retry in a moment`,
      },
    },
  })
  @ApiErrors('validation-error')
  async testKurrentDB(
    @Query(NoQueryPipe) _query: unknown,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ConnectionTestResponse> {
    const { responseTime, ...rest } = await this.store.testConnection();
    const isHealthy = rest.health === 'healthy';
    if (!isHealthy) setUnavailable(response);
    return {
      timestamp: toTimestamp(this.clock.now()),
      message: isHealthy ? 'KurrentDB connection test completed' : 'KurrentDB connection test failed',
      results: { ...rest, responseTime: Math.round(responseTime) },
    };
  }
}

function setUnavailable(response: Response): void {
  response.status(HttpStatus.SERVICE_UNAVAILABLE).setHeader('Retry-After', RETRY_AFTER_SECONDS);
}
