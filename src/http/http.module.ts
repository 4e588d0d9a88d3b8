import { Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import { LoggerModule } from 'nestjs-pino';
import { APP_CONFIG, type AppConfig } from '../config/index.js';
import { GracefulShutdown } from './graceful-shutdown.js';
import { loggingOptions } from './logging.js';
import { DomainExceptionFilter } from './errors/domain-exception.filter.js';
import { rateLimitOptions } from './rate-limit.js';
import { RequestValidationPipe } from './validation/request-validation.pipe.js';

/** Global logging, rate limiting, validation and error mapping. */
@Module({
  imports: [
    LoggerModule.forRootAsync({
      inject: [APP_CONFIG],
      useFactory: ({ logLevel }: AppConfig) => loggingOptions(logLevel),
    }),
    ThrottlerModule.forRootAsync({
      inject: [APP_CONFIG],
      useFactory: ({ http }: AppConfig) => rateLimitOptions(http.rateLimit),
    }),
  ],
  providers: [
    GracefulShutdown,
    { provide: APP_FILTER, useClass: DomainExceptionFilter },
    { provide: APP_GUARD, useClass: ThrottlerGuard },
    { provide: APP_PIPE, useClass: RequestValidationPipe },
  ],
})
export class HttpModule {}
