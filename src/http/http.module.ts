import { Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { LoggerModule } from 'nestjs-pino';
import { APP_CONFIG, type AppConfig } from '../config/index.js';
import { AcceptGuard } from './accept.guard.js';
import { BodyInterceptor } from './bodies/body.interceptor.js';
import { loggingOptions } from './logging.js';
import { DomainExceptionFilter } from './errors/domain-exception.filter.js';
import { FrontPageController } from './front-page.controller.js';
import { ApiDocs } from './openapi.js';
import { RateLimit } from './rate-limit.js';
import { ReplacedStoreGuard } from './replaced-store.guard.js';
import { ResponseBudget } from './responses/response-budget.js';
import { ResponseInterceptor } from './responses/response.interceptor.js';
import { RequestValidationPipe } from './validation/request-validation.pipe.js';

/** Global logging, rate limit, bodies, validation, error mapping, documentation, front page, and 503 while tables are rebuilt. */
@Module({
  imports: [
    LoggerModule.forRootAsync({
      inject: [APP_CONFIG],
      useFactory: (config: AppConfig) => loggingOptions(config),
    }),
  ],
  controllers: [FrontPageController],
  providers: [
    { provide: APP_FILTER, useClass: DomainExceptionFilter },
    { provide: APP_GUARD, useClass: ReplacedStoreGuard },
    { provide: APP_GUARD, useClass: AcceptGuard },
    { provide: APP_INTERCEPTOR, useClass: BodyInterceptor },
    { provide: APP_INTERCEPTOR, useClass: ResponseInterceptor },
    ResponseBudget,
    { provide: RateLimit, inject: [APP_CONFIG], useFactory: ({ http }: AppConfig) => new RateLimit(http) },
    ApiDocs,
    { provide: APP_PIPE, useClass: RequestValidationPipe },
  ],
  exports: [RateLimit, ResponseBudget],
})
export class HttpModule {}
