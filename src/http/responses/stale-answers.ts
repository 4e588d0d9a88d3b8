import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { type Response } from 'express';
import { map, type Observable } from 'rxjs';
import { TimestampedResponse } from '../timestamped.response.js';

/** What answers are made from, which may be out of date. */
export interface AnswerSource {
  /** Undefined while it is up to date. `ageMs`: since it was; absent if that is not known. */
  readonly staleness: { readonly ageMs?: number } | undefined;
}

/** Injection token of the {@link AnswerSource} of a module's routes. */
export const ANSWER_SOURCE = Symbol('ANSWER_SOURCE');

/** Of a route that {@link MayBeStale}. */
export class AgingResponse extends TimestampedResponse {
  @ApiPropertyOptional({
    description:
      'Present while this replica cannot follow KurrentDB: the response is as old as the header `Age` says, in seconds',
    enum: [true],
  })
  readonly stale?: true;
}

/** Marks responses that are out of date: `stale` in the body, and `Age` (RFC 9111, 5.1). */
@Injectable()
export class StaleAnswerInterceptor implements NestInterceptor {
  constructor(@Inject(ANSWER_SOURCE) private readonly source: AnswerSource) {}

  intercept(context: ExecutionContext, next: CallHandler<AgingResponse>): Observable<AgingResponse> {
    const { staleness } = this.source;
    if (!staleness) return next.handle();
    const { ageMs } = staleness;
    if (ageMs !== undefined)
      context
        .switchToHttp()
        .getResponse<Response>()
        .setHeader('Age', Math.floor(ageMs / 1_000));
    return next.handle().pipe(map((body) => ({ stale: true, ...body })));
  }
}

/** A route whose answers may be out of date, which they say then. */
export function MayBeStale(): MethodDecorator & ClassDecorator {
  return applyDecorators(UseInterceptors(StaleAnswerInterceptor));
}
