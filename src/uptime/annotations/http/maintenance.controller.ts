import { toTimestamp } from '../../../common/time.js';
import { Body, Controller, Delete, Get, Inject, NotFoundException, Param, Post, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { type Response } from 'express';
import { CLOCK, type Clock } from '../../../event-store/index.js';
import { Access, ApiErrors, ApiIdempotencyKey, MayBeStale, NoQueryPipe, REPLAYED_HEADER } from '../../../http/index.js';
import {
  scheduleMaintenanceCommand,
  MaintenanceDto,
  MaintenanceListResponse,
  MaintenanceResponse,
  ScheduleMaintenanceRequest,
} from './maintenance.dto.js';
import { ANNOTATION_WRITE_ERRORS, type AnnotationOrigin, RequestOrigin } from './annotation-origin.js';
import { MaintenanceService } from '../application/maintenance.service.js';

/** Maintenance windows. A service is still probed during maintenance. */
@ApiTags('uptime')
@Controller('api/uptime/service/:name/maintenance')
@ApiParam({ name: 'name', example: 'http' })
export class MaintenanceController {
  constructor(
    private readonly maintenance: MaintenanceService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @Access({ kind: 'open', group: 'uptime' })
  @MayBeStale()
  @ApiOperation({
    summary: 'The maintenance of a service',
    description: 'Single and recurring windows, past and cancelled ones included, each with its upcoming occurrences.',
  })
  @ApiOkResponse({ type: MaintenanceListResponse })
  @ApiErrors('validation-error', 'stream-not-found')
  list(@Param('name') name: string, @Query(NoQueryPipe) _query: unknown): MaintenanceListResponse {
    return { timestamp: this.#now(), maintenance: this.maintenance.list(name).map((view) => MaintenanceDto.of(view)) };
  }

  @Post()
  @Access({ kind: 'roles', roles: ['admin'] })
  @ApiOperation({
    summary: 'Schedule maintenance',
    description:
      'Either single, with `to`, or recurring, with `recurrence`. It may be in the past. ' +
      'Maintenance is excluded from percentages unless the query parameter `maintenance` says otherwise.',
  })
  @ApiIdempotencyKey()
  @ApiCreatedResponse({ type: MaintenanceResponse })
  @ApiErrors(...ANNOTATION_WRITE_ERRORS, 'unsupported-media-type', 'event-too-large')
  async schedule(
    @Param('name') service: string,
    @RequestOrigin() origin: AnnotationOrigin,
    @Query(NoQueryPipe) _query: unknown,
    @Body() body: ScheduleMaintenanceRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<MaintenanceResponse> {
    const scheduled = await this.maintenance.schedule({ service, ...origin }, scheduleMaintenanceCommand(body));
    if (scheduled.replayed) response.setHeader(REPLAYED_HEADER, 'true');
    return { timestamp: this.#now(), maintenance: MaintenanceDto.of(scheduled) };
  }

  @Delete(':id')
  @Access({ kind: 'roles', roles: ['admin'] })
  @ApiOperation({
    summary: 'Cancel maintenance',
    description: 'Ends the current occurrence and removes later ones; past occurrences stay. Idempotent.',
  })
  @ApiParam({ name: 'id', example: 'mnt_0f6d3c1e9a2b4a448d550c2f' })
  @ApiOkResponse({ type: MaintenanceResponse })
  @ApiErrors(...ANNOTATION_WRITE_ERRORS, 'not-found')
  async cancel(
    @Param('name') service: string,
    @RequestOrigin() origin: AnnotationOrigin,
    @Param('id') id: string,
    @Query(NoQueryPipe) _query: unknown,
  ): Promise<MaintenanceResponse> {
    const cancelled = await this.maintenance.cancel({ service, ...origin }, id);
    if (!cancelled)
      throw new NotFoundException(
        `The service '${service}' has no maintenance '${id}'; GET /api/uptime/service/${service}/maintenance lists all`,
      );
    return { timestamp: this.#now(), maintenance: MaintenanceDto.of(cancelled) };
  }

  #now(): string {
    return toTimestamp(this.clock.now());
  }
}
