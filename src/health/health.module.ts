import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { APP_CONFIG, type AppConfig } from '../config/index.js';
import { UptimeModule } from '../uptime/index.js';
import { UserStreamsModule } from '../user-streams/index.js';
import { BackgroundLoading } from './background-loading.js';
import { HealthController } from './health.controller.js';
import { ProcessHealthIndicator } from './process.health.js';

/** Health endpoints on the indicators of the features. */
@Module({
  imports: [
    UptimeModule,
    UserStreamsModule,
    TerminusModule.forRootAsync({
      inject: [APP_CONFIG],
      // Without a logger: Kubernetes reports failed probes itself, and would cause a log entry every few seconds.
      useFactory: ({ shutdown }: AppConfig) => ({ logger: false, gracefulShutdownTimeoutMs: shutdown.delayMs }),
    }),
  ],
  controllers: [HealthController],
  providers: [ProcessHealthIndicator, BackgroundLoading],
})
export class HealthModule {}
