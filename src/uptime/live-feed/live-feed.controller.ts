import { Controller, Get } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Access, IgnoresAccept, UpgradeRequiredError } from '../../http/index.js';
import { LIVE_FEED_PATH } from '../domain/index.js';

/** Tells requests without an upgrade what the path of the live feed speaks; the gateway serves the others. */
@ApiExcludeController()
@Controller()
export class LiveFeedController {
  @Get(LIVE_FEED_PATH)
  @Access({ kind: 'public' })
  @IgnoresAccept()
  refuse(): never {
    throw new UpgradeRequiredError('websocket');
  }
}
