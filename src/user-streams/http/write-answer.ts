import { type Response } from 'express';
import { LARGE_EVENT_BYTES } from '../../event-store/index.js';
import { type WriteOutcome } from '../application/index.js';
import { entityTag } from './write-conditions.js';

/** Tells, in the headers of an answer, what a write came to. */
export function sayOutcome(response: Response, { revision, created, replayed, largestBytes }: WriteOutcome): void {
  response.setHeader('ETag', entityTag(revision));
  if (created) response.status(201);
  if (replayed) response.setHeader('Idempotency-Replayed', 'true');
  if (largestBytes > LARGE_EVENT_BYTES) response.setHeader('X-Event-Size-Warning', `The data take ${largestBytes} bytes; events over ${LARGE_EVENT_BYTES} bytes slow readers down`);
}

