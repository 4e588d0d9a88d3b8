import { type KurrentDBClient } from '@kurrent/kurrentdb-client';
import { type StreamsAppendResult } from '../domain/index.js';

type SessionResult = Awaited<ReturnType<KurrentDBClient['multiStreamAppend']>>;

/** @param result of a multi-stream or conditional append; a negative position stands for none */
export function sessionResult({ position, responses = [] }: SessionResult): StreamsAppendResult {
  return {
    revisions: new Map(responses.map(({ streamName, revision }) => [streamName, revision])),
    position: position === undefined || position < 0n ? undefined : { commit: position, prepare: position },
  };
}
