import { Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { LmdbUserStreamReadModel } from './read-model/lmdb-user-stream-read-model.js';

/** Health of user streams: their read model is caught up. */
@Injectable()
export class UserStreamsHealthIndicator {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly readModel: LmdbUserStreamReadModel,
  ) {}

  /** `up`, or `down` with the reason; sends no request to the store. */
  check(): HealthIndicatorResult<'userStreams'> {
    const indicator = this.indicators.check('userStreams');
    return this.readModel.isCaughtUp
      ? indicator.up()
      : indicator.down({ message: 'The read model is not up to date with the streams yet' });
  }
}
