import { type Logger } from '@nestjs/common';
import { EventTooLargeError, LARGE_EVENT_BYTES, MAX_APPEND_BYTES, ValidationError } from '../domain/index.js';
import { type EncodedEvent } from './event-codec.js';

/** Logs large events. @throws ValidationError without events, EventTooLargeError */
export function checkAppendSize(streamName: string, events: readonly EncodedEvent[], logger: Logger): void {
  if (events.length === 0)
    throw new ValidationError(`events must have at least one entry, got none for stream '${streamName}'`, {
      streamName,
    });
  const bytes = events.reduce((sum, event) => sum + event.bytes, 0);
  if (bytes > MAX_APPEND_BYTES) throw new EventTooLargeError(streamName, bytes);
  for (const { event, bytes: size } of events) {
    if (size > LARGE_EVENT_BYTES)
      logger.warn({
        msg: 'Large event',
        streamName,
        eventType: event.type,
        bytes: size,
        warningFromBytes: LARGE_EVENT_BYTES,
      });
  }
}
