import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { type Request, type Response } from 'express';
import { type Observable, tap } from 'rxjs';
import { StreamGuard } from '../../event-store/index.js';
import { callerOf } from '../../http/index.js';
import { UserStreamQueries } from '../application/index.js';
import { QuotaLedger, streamNameOf } from '../domain/index.js';

/** Says, on the answers to those who may write for a user, what the user may still write. */
@Injectable()
export class QuotaInterceptor implements NestInterceptor {
  constructor(
    private readonly queries: UserStreamQueries,
    private readonly quota: QuotaLedger,
    private readonly guard: StreamGuard,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    return next.handle().pipe(tap({ next: () => this.#say(http.getRequest<Request>(), http.getResponse<Response>()) }));
  }

  #say(request: Request, response: Response): void {
    const { userId } = request.params;
    if (typeof userId !== 'string' || response.headersSent) return;
    // Whoever may begin a stream of the user.
    if (!this.guard.has(callerOf(request), 'write', { name: streamNameOf({ userId, type: 'profile', category: 'default' }), permissions: undefined })) return;
    const left = this.quota.left(this.queries.usage(userId));
    for (const quota of ['streams', 'bytes'] as const) {
      const name = quota === 'streams' ? 'Streams' : 'Bytes';
      response.setHeader(`X-Quota-${name}-Limit`, this.quota.limit[quota]);
      response.setHeader(`X-Quota-${name}-Remaining`, left[quota]);
    }
  }
}
