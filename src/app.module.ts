import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { ConfigModule } from './config/index.js';
import { EventStoreModule } from './event-store/index.js';
import { HealthModule } from './health/index.js';
import { HttpModule } from './http/index.js';
import { UptimeModule } from './uptime/index.js';

@Module({ imports: [ConfigModule, HttpModule, ScheduleModule.forRoot(), EventStoreModule, UptimeModule, HealthModule] })
export class AppModule {}
