import { Body, Controller, Get, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { type Response } from 'express';
import { CLOCK, type Clock, type KnownCaller } from '../../event-store/index.js';
import { Access, ApiErrors, ApiIdempotencyKey, CurrentKnownCaller, REPLAYED_HEADER } from '../../http/index.js';
import { Corrections } from '../application/index.js';
import { correctionAsked, CorrectionDto, CorrectStatusBody } from './corrections.dto.js';
import { NoQueryPipe } from './no-query.pipe.js';
import { Conditions, type RecordConditions } from './record-request.js';
import { CorrectionAnswer, CorrectionsAnswer } from './uptime-records.dto.js';
import { toTimestamp } from './uptime.dto.js';

/** What people know better than the probes: "this was a false alarm". */
@ApiTags('uptime')
@Controller('api/uptime/service/:name/corrections')
@ApiParam({ name: 'name', example: 'http' })
export class CorrectionsController {
  constructor(
    private readonly corrections: Corrections,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @Access({ kind: 'open', group: 'uptime' })
  @ApiOperation({ summary: 'The corrections of a service' })
  @ApiOkResponse({ type: CorrectionsAnswer })
  @ApiErrors('validation-error', 'stream-not-found')
  list(@Param('name') name: string, @Query(NoQueryPipe) _query: unknown): CorrectionsAnswer {
    return {
      timestamp: this.#now(),
      corrections: this.corrections.list(name).map((correction) => CorrectionDto.of(correction)),
    };
  }

  @Post()
  @Access({ kind: 'roles', roles: ['admin'] })
  @ApiOperation({
    summary: 'Correct the status of a service',
    description: 'For time that has passed. What was probed stays recorded: `asProbed` brings it back.',
  })
  @ApiIdempotencyKey()
  @ApiCreatedResponse({ type: CorrectionAnswer })
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
  async correct(
    @Param('name') name: string,
    @Query(NoQueryPipe) _query: unknown,
    @Body() body: CorrectStatusBody,
    @CurrentKnownCaller() caller: KnownCaller,
    @Conditions() conditions: RecordConditions,
    @Res({ passthrough: true }) response: Response,
  ): Promise<CorrectionAnswer> {
    const { correction, replayed } = await this.corrections.correct(
      { caller, service: name, ...conditions },
      correctionAsked(body),
    );
    if (replayed) response.setHeader(REPLAYED_HEADER, 'true');
    return { timestamp: this.#now(), correction: CorrectionDto.of(correction) };
  }

  #now(): string {
    return toTimestamp(this.clock.now());
  }
}
