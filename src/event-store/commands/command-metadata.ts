import { type NewEvent } from '../domain/index.js';
import { type CommandInfo, type CommandWrite } from './command.js';

/**
 * Writes with the command's metadata in each event: who requested them, in which request, with which `Idempotency-Key`.
 */
export function withCommandMetadata(
  writes: readonly CommandWrite[],
  { requestId, actor, isActorInData = false }: CommandInfo,
): readonly CommandWrite[] {
  return writes.map((write) => {
    const key = write.idempotencyKey;
    const metadata = {
      ...(requestId === undefined ? {} : { correlationId: requestId }),
      ...(actor === undefined || isActorInData ? {} : { actor }),
      ...(key ? { requestKey: key.text, fingerprint: key.fingerprint } : {}),
    };
    const events = write.events.map((event): NewEvent => ({ ...event, metadata: { ...metadata, ...event.metadata } }));
    return { ...write, events };
  });
}
