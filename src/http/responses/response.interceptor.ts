import { type CallHandler, type ExecutionContext, Inject, Injectable, type NestInterceptor } from '@nestjs/common';
import { type Request, type Response } from 'express';
import { map, type Observable } from 'rxjs';
import { APP_CONFIG, type AppConfig } from '../../config/index.js';
import { RateLimitedError } from '../../errors/index.js';
import { subjectKey } from '../rate-limit.js';
import { closeIfUnread, ResponseBudget } from './response-budget.js';

/** Below this, a response fits into the buffers of its connection. */
const SMALL_BYTES = 16_384;

/**
 * Bounds the memory of responses that are not read: those of all, of one caller or address, and the time of each. The
 * text of a response is made here, so that its size is known before it is sent.
 */
@Injectable()
export class ResponseInterceptor implements NestInterceptor {
  constructor(
    private readonly budget: ResponseBudget,
    @Inject(APP_CONFIG) private readonly config: Pick<AppConfig, 'http'>,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    return next.handle().pipe(
      map((body: unknown) => {
        if (typeof body !== 'object' || body === null) return body;
        return this.#toText(body, http.getRequest<Request>(), http.getResponse<Response>());
      }),
    );
  }

  #toText(body: object, request: Request, response: Response): string {
    const text = JSON.stringify(body);
    response.setHeader('Content-Type', 'application/json; charset=utf-8');
    if (text.length < SMALL_BYTES || response.destroyed) return text;
    const share = this.budget.shareOf(subjectKey(request, this.config.http.trustedProxies));
    // The text, and its bytes in the buffers of the connection.
    if (!share.resize(2 * text.length))
      throw new RateLimitedError('Too many responses have not been read yet; read them, or retry later');
    response.once('close', () => share.release());
    closeIfUnread(response);
    return text;
  }
}
