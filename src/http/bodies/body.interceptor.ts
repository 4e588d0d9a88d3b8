import { type CallHandler, type ExecutionContext, Inject, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type Request, type Response } from 'express';
import { type Observable } from 'rxjs';
import { APP_CONFIG, type AppConfig } from '../../config/index.js';
import { subjectKey } from '../rate-limit.js';
import { BodyBudget } from './body-budget.js';
import { closedConnection } from './body-errors.js';
import { type BodyLimits, DATA_BODY, SMALL_BODY } from './body-limits.js';
import { continueIfAwaited } from './expect-continue.js';
import { bodyReaderOf, hasBody } from './read-json.js';

/** Methods whose bodies have no meaning; they are not read. */
const WITHOUT_BODY = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Reads and parses the body of a request. As an interceptor it runs once a route has matched, the request is counted
 * and the guards have admitted its caller; nothing is read for any other request.
 */
@Injectable()
export class BodyInterceptor implements NestInterceptor {
  readonly #budget = new BodyBudget();

  constructor(
    private readonly reflector: Reflector,
    @Inject(APP_CONFIG) private readonly config: Pick<AppConfig, 'http'>,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const http = context.switchToHttp();
    const request = http.getRequest<Request>();
    if (!WITHOUT_BODY.has(request.method) && hasBody(request)) {
      const limits = this.#limitsOf(context);
      request.body = await this.#read(request, http.getResponse<Response>(), limits);
    }
    return next.handle();
  }

  async #read(request: Request, response: Response, limits: BodyLimits): Promise<unknown> {
    const read = bodyReaderOf(request);
    const share = this.#budget.shareOf(subjectKey(request, this.config.http.trustedProxies));
    if (request.destroyed) throw closedConnection();
    // The parsed body is in use until the response is sent.
    response.once('close', () => share.release());
    continueIfAwaited(response);
    return read(limits, share);
  }

  #limitsOf(context: ExecutionContext): BodyLimits {
    const { maxBodyBytes, maxBodyValues } = this.config.http;
    const isData = this.reflector.get<boolean | undefined>(DATA_BODY, context.getHandler()) === true;
    return {
      bytes: isData ? maxBodyBytes : Math.min(SMALL_BODY.bytes, maxBodyBytes),
      values: isData ? maxBodyValues : Math.min(SMALL_BODY.values, maxBodyValues),
    };
  }
}
