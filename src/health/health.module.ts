import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { APP_CONFIG, type AppConfig } from '../config/index.js';
import { UptimeModule } from '../uptime/index.js';
import { UserStreamsModule } from '../user-streams/index.js';
import { HealthController } from './health.controller.js';

/** Gathers the health indicators that the features own. */
@Module({
  imports: [
    UptimeModule,
    UserStreamsModule,
    TerminusModule.forRootAsync({
      inject: [APP_CONFIG],
      // A failed check is in the log of whoever asked; logging each of Kubernetes' probes again helps nobody.
      useFactory: ({ shutdown }: AppConfig) => ({ logger: false, gracefulShutdownTimeoutMs: shutdown.delayMs }),
    }),
  ],
  controllers: [HealthController],
})
export class HealthModule {}
