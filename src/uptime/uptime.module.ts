import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { AnnotationsModule } from './annotations/index.js';
import { HistoryModule } from './history/index.js';
import { LiveFeedModule } from './live-feed/index.js';
import { ProbingModule } from './probing/index.js';
import { ServicesFileModule } from './services-file/index.js';
import { UptimeHealthIndicator } from './uptime.health.js';

/** Service uptime: probed on a schedule, recorded as events, queried from a read model. */
@Module({
  imports: [ServicesFileModule, HistoryModule, ProbingModule, AnnotationsModule, LiveFeedModule, TerminusModule],
  providers: [UptimeHealthIndicator],
  exports: [UptimeHealthIndicator],
})
export class UptimeModule {}
