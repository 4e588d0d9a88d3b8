import { Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { LmdbUserStreamReadModel } from './read-model/lmdb-user-stream-read-model.js';

/** Whether user streams can be asked for: their answers come from tables that follow the store. */
@Injectable()
export class UserStreamsHealthIndicator {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly table: LmdbUserStreamReadModel,
  ) {}

  /** `up`, or `down` with the reason. Only looks at what is known: asks no store. */
  check(): HealthIndicatorResult<'userStreams'> {
    const indicator = this.indicators.check('userStreams');
    return this.table.isCaughtUp
      ? indicator.up()
      : indicator.down({ message: 'The read model is not up to date with the streams yet' });
  }
}
