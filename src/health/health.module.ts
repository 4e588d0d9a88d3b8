import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { APP_CONFIG, type AppConfig } from '../config/index.js';
import { UptimeModule } from '../uptime/index.js';
import { UserStreamsModule } from '../user-streams/index.js';
import { HealthController } from './health.controller.js';

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
})
export class HealthModule {}
