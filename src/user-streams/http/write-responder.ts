import { Injectable } from '@nestjs/common';
import { type Response } from 'express';
import { type Caller, LARGE_EVENT_BYTES, ownedBy, StreamAuthorizer } from '../../event-store/index.js';
import { REPLAYED_HEADER } from '../../http/index.js';
import { UserStreamQueries, type WriteOutcome, type WriteRequest } from '../application/index.js';
import { QuotaReservations, streamNameOf } from '../domain/index.js';
import { WriteResponse } from './user-stream-responses.dto.js';
import { entityTag } from './preconditions.js';

/** Sets the response headers of writes: ETag, replay, event size and quota. */
@Injectable()
export class WriteResponder {
  constructor(
    private readonly queries: UserStreamQueries,
    private readonly quota: QuotaReservations,
    private readonly authorizer: StreamAuthorizer,
  ) {}

  respond(
    response: Response,
    { caller, key }: Pick<WriteRequest, 'caller' | 'key'>,
    outcome: WriteOutcome,
  ): WriteResponse {
    const { revision, created, replayed, largestBytes } = outcome;
    response.setHeader('ETag', entityTag(revision));
    if (created) response.status(201);
    if (replayed) response.setHeader(REPLAYED_HEADER, 'true');
    if (largestBytes > LARGE_EVENT_BYTES)
      response.setHeader(
        'X-Event-Size-Warning',
        `The data are ${largestBytes} bytes; events over ${LARGE_EVENT_BYTES} bytes slow down readers`,
      );
    this.setQuotaHeaders(response, caller, key.userId);
    return WriteResponse.of(outcome);
  }

  /** Sets the user's remaining quota, if the caller may create streams of the user. */
  setQuotaHeaders(response: Response, caller: Caller, userId: string): void {
    const anyStream = streamNameOf({ userId, type: 'profile', category: 'default' });
    if (!this.authorizer.has(caller, 'write', { name: anyStream, permissions: ownedBy(userId) })) return;
    const remaining = this.quota.remaining(this.queries.usage(userId));
    response.setHeader('X-Quota-Streams-Limit', this.quota.limit.streams);
    response.setHeader('X-Quota-Streams-Remaining', remaining.streams);
    response.setHeader('X-Quota-Bytes-Limit', this.quota.limit.bytes);
    response.setHeader('X-Quota-Bytes-Remaining', remaining.bytes);
  }
}
