import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { ConfigModule } from './config/index.js';
import { EventStoreModule } from './event-store/index.js';
import { HealthModule } from './health/index.js';
import { HttpModule } from './http/index.js';
import { IdentityModule } from './identity/index.js';
import { StreamsModule } from './streams/index.js';
import { UptimeModule } from './uptime/index.js';
import { UserStreamsModule } from './user-streams/index.js';

@Module({
  imports: [
    ConfigModule,
    HttpModule,
    ScheduleModule.forRoot(),
    EventStoreModule,
    StreamsModule,
    IdentityModule,
    UptimeModule,
    UserStreamsModule,
    HealthModule,
  ],
})
export class AppModule {}
