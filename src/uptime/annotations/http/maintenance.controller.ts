import { toTimestamp } from '../../../common/time.js';
import { Body, Controller, Delete, Get, Inject, NotFoundException, Param, Post, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { type Response } from 'express';
import { CLOCK, type Clock, type AuthenticatedCaller } from '../../../event-store/index.js';
import {
  Access,
  ApiErrors,
  ApiIdempotencyKey,
  CurrentAuthenticatedCaller,
  REPLAYED_HEADER,
  NoQueryPipe,
} from '../../../http/index.js';
import { scheduleMaintenanceCommand, MaintenanceDto, ScheduleMaintenanceRequest } from './maintenance.dto.js';
import { RequestPreconditions, type AnnotationPreconditions } from './annotation-preconditions.js';
import { MaintenanceResponse, MaintenanceListResponse } from './annotation-responses.dto.js';
import { MaintenanceService } from '../application/maintenance.service.js';

/** When a service may fail on purpose. It is probed all the same. */
@ApiTags('uptime')
@Controller('api/uptime/service/:name/maintenance')
@ApiParam({ name: 'name', example: 'http' })
export class MaintenanceController {
  constructor(
    private readonly plan: MaintenanceService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @Access({ kind: 'open', group: 'uptime' })
  @ApiOperation({
    summary: 'The maintenance of a service',
    description:
      'Single windows and recurring ones, past and cancelled ones too, each with the occurrences that come next.',
  })
  @ApiOkResponse({ type: MaintenanceListResponse })
  @ApiErrors('validation-error', 'stream-not-found')
  list(@Param('name') name: string, @Query(NoQueryPipe) _query: unknown): MaintenanceListResponse {
    return { timestamp: this.#now(), maintenance: this.plan.list(name).map((planned) => MaintenanceDto.of(planned)) };
  }

  @Post()
  @Access({ kind: 'roles', roles: ['admin'] })
  @ApiOperation({
    summary: 'Schedule maintenance',
    description:
      'Either single, with `to`, or recurring, with `recurrence`. It may be in the past. Time of maintenance is left out of percentages unless `maintenance=` in the question says otherwise.',
  })
  @ApiIdempotencyKey()
  @ApiCreatedResponse({ type: MaintenanceResponse })
  @ApiErrors(
    'validation-error',
    'stream-not-found',
    'stream-deleted',
    'wrong-expected-revision',
    'unsupported-media-type',
    'event-too-large',
    'connection-error',
    'timeout',
  )
  async schedule(
    @Param('name') name: string,
    @Query(NoQueryPipe) _query: unknown,
    @Body() body: ScheduleMaintenanceRequest,
    @CurrentAuthenticatedCaller() caller: AuthenticatedCaller,
    @RequestPreconditions() conditions: AnnotationPreconditions,
    @Res({ passthrough: true }) response: Response,
  ): Promise<MaintenanceResponse> {
    const scheduled = await this.plan.schedule(
      { caller, service: name, ...conditions },
      scheduleMaintenanceCommand(body),
    );
    if (scheduled.replayed) response.setHeader(REPLAYED_HEADER, 'true');
    return { timestamp: this.#now(), maintenance: MaintenanceDto.of(scheduled) };
  }

  @Delete(':id')
  @Access({ kind: 'roles', roles: ['admin'] })
  @ApiOperation({
    summary: 'Cancel maintenance',
    description:
      'From now on there is nothing of it, now and at later occurrences; what has passed stays. Doing it again is harmless.',
  })
  @ApiParam({ name: 'id', example: 'mnt_0f6d3c1e9a2b4a448d550c2f' })
  @ApiOkResponse({ type: MaintenanceResponse })
  @ApiErrors(
    'validation-error',
    'stream-not-found',
    'not-found',
    'stream-deleted',
    'wrong-expected-revision',
    'connection-error',
    'timeout',
  )
  async cancel(
    @Param('name') name: string,
    @Param('id') id: string,
    @Query(NoQueryPipe) _query: unknown,
    @CurrentAuthenticatedCaller() caller: AuthenticatedCaller,
    @RequestPreconditions() { requestId }: AnnotationPreconditions,
  ): Promise<MaintenanceResponse> {
    const cancelled = await this.plan.cancel({ caller, service: name, requestId }, id);
    if (!cancelled)
      throw new NotFoundException(
        `The service '${name}' has no maintenance of this id; GET /api/uptime/service/${name}/maintenance lists what there is`,
      );
    return { timestamp: this.#now(), maintenance: MaintenanceDto.of(cancelled) };
  }

  #now(): string {
    return toTimestamp(this.clock.now());
  }
}
