import { toTimestamp } from '../../../common/time.js';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { APP_CONFIG, type AppConfig } from '../../../config/index.js';
import { type Caller, CLOCK, type Clock } from '../../../event-store/index.js';
import { Access, ApiErrors, CurrentCaller, MayBeStale } from '../../../http/index.js';
import { seesErrors } from '../../domain/index.js';
import { HoursQuery, periodOf, ServicesQuery, SummaryQuery } from './hours.query.js';
import { ServiceResponse, StatusResponse, SummaryResponse, TimelineResponse } from './uptime-responses.dto.js';
import { CurrentStatusDto, ServiceSummaryDto, ServiceTimelineDto } from './uptime.dto.js';
import { UptimeQueries } from '../application/uptime-queries.js';

@ApiTags('uptime')
@Controller('api/uptime')
@Access({ kind: 'open', group: 'uptime' })
@MayBeStale()
export class UptimeController {
  constructor(
    private readonly queries: UptimeQueries,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(APP_CONFIG) private readonly config: Pick<AppConfig, 'uptime'>,
  ) {}

  @Get('status')
  @ApiOperation({
    summary: 'The current status of every configured service',
    description: 'A removed service keeps its history, which is available by name.',
  })
  @ApiOkResponse({ type: StatusResponse })
  @ApiErrors('validation-error')
  status(@Query() { removed, tag }: ServicesQuery, @CurrentCaller() caller: Caller): StatusResponse {
    const services = this.queries.status({ removed: removed === 'true', tag });
    return {
      timestamp: this.#now(),
      services: services.map((status) => CurrentStatusDto.of(status, this.#seesErrors(caller))),
    };
  }

  @Get('summary')
  @ApiOperation({
    summary: 'How much of the time each service was up',
    description: 'totalUptime, totalDowntime, totalUnknown and totalMaintenance add up to the window exactly.',
  })
  @ApiOkResponse({ type: SummaryResponse })
  @ApiErrors('validation-error')
  summary(@Query() { hours, from, to, removed, tag, ...policy }: SummaryQuery): SummaryResponse {
    const { window, period } = periodOf({ hours, from, to }, this.clock.now());
    const services = this.queries
      .summary(window, policy, { removed: removed === 'true', tag })
      .map((summary) => ServiceSummaryDto.of(summary));
    return { timestamp: this.#now(), period, services };
  }

  @Get('service/:name')
  @ApiOperation({ summary: 'How much of the time one service was up' })
  @ApiParam({ name: 'name', example: 'http' })
  @ApiOkResponse({ type: ServiceResponse })
  @ApiErrors('validation-error', 'stream-not-found')
  service(@Param('name') name: string, @Query() { hours, from, to, ...policy }: HoursQuery): ServiceResponse {
    const { window, period } = periodOf({ hours, from, to }, this.clock.now());
    const service = ServiceSummaryDto.of(this.queries.service(name, window, policy));
    return { timestamp: this.#now(), period, service };
  }

  @Get('timeline/:name')
  @ApiOperation({
    summary: 'The intervals of one service, each with its status',
    description:
      'They cover the window without gaps. Time without probes is `unknown`. Maintenance and corrections are marked.',
  })
  @ApiParam({ name: 'name', example: 'http' })
  @ApiOkResponse({ type: TimelineResponse })
  @ApiErrors('validation-error', 'stream-not-found')
  timeline(
    @Param('name') name: string,
    @Query() { hours, from, to, ...policy }: HoursQuery,
    @CurrentCaller() caller: Caller,
  ): TimelineResponse {
    const { window, period } = periodOf({ hours, from, to }, this.clock.now());
    const timeline = ServiceTimelineDto.withEvidence(
      this.queries.timeline(name, window, policy),
      this.#seesErrors(caller),
    );
    return { timestamp: this.#now(), period, timeline };
  }

  #seesErrors(caller: Caller): boolean {
    return seesErrors(caller, this.config.uptime.errorDetail);
  }

  #now(): string {
    return toTimestamp(this.clock.now());
  }
}
