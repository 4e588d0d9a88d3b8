import { knownNames } from '../../../common/nearest.js';
import { toTimestamp } from '../../../common/time.js';
import {
  Body,
  Controller,
  HttpCode,
  HttpStatus,
  Inject,
  NotFoundException,
  Param,
  Post,
  Query,
  UseGuards,
} from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { Access, ApiErrors, NoQueryPipe } from '../../../http/index.js';
import { PushResponse, PushRequest } from './push.dto.js';
import { LIVE_SERVICES, type LiveServices } from '../../domain/index.js';
import { PushGuard, pushTargetOf } from './push.guard.js';
import { PushReports } from './push-reports.js';

/** Receives the reports of services of kind `push`. */
@ApiTags('uptime')
@Controller('api/uptime')
@Access({ kind: 'route' })
@UseGuards(PushGuard)
export class PushController {
  constructor(
    @Inject(LIVE_SERVICES) private readonly services: LiveServices,
    private readonly reports: PushReports,
  ) {}

  @Post('push/:name')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    summary: 'Report the status of a service',
    description:
      'For services of kind `push`, with the token of the service if one is configured, otherwise with the role ' +
      'admin or system. A service without a report within its interval and timeout is down. Without a body, the status is up.',
  })
  @ApiParam({ name: 'name', example: 'nightly-backup' })
  @ApiBody({ type: PushRequest, required: false })
  @ApiOkResponse({ type: PushResponse })
  @ApiErrors(
    'validation-error',
    'not-found',
    'unsupported-media-type',
    'event-too-large',
    'connection-error',
    'insufficient-storage',
    'timeout',
  )
  async push(
    @Param('name') name: string,
    @Query(NoQueryPipe) _query: unknown,
    @Body() report: PushRequest,
  ): Promise<PushResponse> {
    const service = this.services.monitors.get(name)?.service;
    if (!service || !pushTargetOf(service))
      throw new NotFoundException(
        `There is no service of kind 'push' with this name; ${knownNames(name, this.#pushServices())}. ` +
          'Configure it in the services file',
      );
    if (service.isPaused)
      throw new NotFoundException(
        'The service is paused and takes no reports; remove `enabled: false` in the services file to resume it',
      );
    const { at, eventId } = await this.reports.record(name, report);
    return {
      timestamp: toTimestamp(at),
      serviceName: name,
      eventId,
      nextDue: toTimestamp(at + service.intervalMs + service.timeoutMs),
    };
  }

  /** Only for callers that the guard has admitted for a name without a token: operators. */
  #pushServices(): readonly string[] {
    return [...this.services.monitors.values()].flatMap(({ service }) => (pushTargetOf(service) ? service.name : []));
  }
}
