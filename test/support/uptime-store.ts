import { systemClock as clock } from '../../src/common/clock.js';
import { randomString as random } from '../../src/common/random-string.js';
import { EventRegistry, StreamCreated } from '../../src/event-store/domain/index.js';
import { EventCodec } from '../../src/event-store/kurrentdb/event-codec.js';
import { type RecoveringClient } from '../../src/event-store/kurrentdb/recovering-client.js';
import { KurrentDBService } from '../../src/event-store/kurrentdb/kurrentdb.service.js';
import {
  MaintenanceCancelled,
  MaintenanceScheduled,
  ProbesRecorded,
  ServiceStatusChanged,
  StatusCorrected,
} from '../../src/uptime/domain/index.js';
import { type Written } from './generated-history.js';

const MAX_BATCH = 40;

/** A KurrentDBService with the event types of uptime. */
export function uptimeStore(clients: RecoveringClient): KurrentDBService {
  const registry = new EventRegistry();
  for (const definition of [
    StreamCreated,
    ServiceStatusChanged,
    ProbesRecorded,
    MaintenanceScheduled,
    MaintenanceCancelled,
    StatusCorrected,
  ])
    registry.register(definition);
  return new KurrentDBService(clients, new EventCodec(registry, clock, random), { timeoutMs: 5_000, clock, random });
}

/** Appends a history in order, one to forty events of a stream at a time. */
export async function appendHistory(
  store: KurrentDBService,
  history: readonly Written[],
  random: () => number,
): Promise<void> {
  for (let next = 0; next < history.length;) {
    const batch = history.slice(next, next + 1 + Math.floor(random() * MAX_BATCH));
    const [{ streamName } = { streamName: '' }] = batch;
    const length = batch.findIndex((written) => written.streamName !== streamName);
    const part = length < 0 ? batch : batch.slice(0, length);
    next += part.length;
    await store.appendToStream(
      streamName,
      part.map(({ event }) => event),
    );
  }
}
