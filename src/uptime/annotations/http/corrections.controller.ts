import { toTimestamp } from '../../../common/time.js';
import { Body, Controller, Get, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { type Response } from 'express';
import { CLOCK, type Clock } from '../../../event-store/index.js';
import { Access, ApiErrors, ApiIdempotencyKey, MayBeStale, NoQueryPipe, REPLAYED_HEADER } from '../../../http/index.js';
import {
  correctStatusCommand,
  CorrectionDto,
  CorrectionResponse,
  CorrectionsResponse,
  CorrectStatusRequest,
} from './corrections.dto.js';
import { ANNOTATION_WRITE_ERRORS, type AnnotationOrigin, RequestOrigin } from './annotation-origin.js';
import { CorrectionService } from '../application/correction.service.js';

/** Manual corrections of a probed status, such as false alarms. */
@ApiTags('uptime')
@Controller('api/uptime/service/:name/corrections')
@ApiParam({ name: 'name', example: 'http' })
export class CorrectionsController {
  constructor(
    private readonly corrections: CorrectionService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @Access({ kind: 'open', group: 'uptime' })
  @MayBeStale()
  @ApiOperation({ summary: 'The corrections of a service' })
  @ApiOkResponse({ type: CorrectionsResponse })
  @ApiErrors('validation-error', 'stream-not-found')
  list(@Param('name') name: string, @Query(NoQueryPipe) _query: unknown): CorrectionsResponse {
    return {
      timestamp: this.#now(),
      corrections: this.corrections.list(name).map((correction) => CorrectionDto.of(correction)),
    };
  }

  @Post()
  @Access({ kind: 'roles', roles: ['admin'] })
  @ApiOperation({
    summary: 'Correct the status of a service',
    description: 'For a time in the past. The probed status stays recorded; `asProbed` restores it.',
  })
  @ApiIdempotencyKey()
  @ApiCreatedResponse({ type: CorrectionResponse })
  @ApiErrors(...ANNOTATION_WRITE_ERRORS, 'unsupported-media-type', 'event-too-large')
  async correct(
    @Param('name') service: string,
    @RequestOrigin() origin: AnnotationOrigin,
    @Query(NoQueryPipe) _query: unknown,
    @Body() body: CorrectStatusRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<CorrectionResponse> {
    const { correction, replayed } = await this.corrections.correct({ service, ...origin }, correctStatusCommand(body));
    if (replayed) response.setHeader(REPLAYED_HEADER, 'true');
    return { timestamp: this.#now(), correction: CorrectionDto.of(correction) };
  }

  #now(): string {
    return toTimestamp(this.clock.now());
  }
}
