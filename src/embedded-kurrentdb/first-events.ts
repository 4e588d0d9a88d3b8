import { metadataStreamOf } from './log/index.js';
import { writeState } from './projections/projection-states.js';
import {
  CREATED_TYPE,
  INITIALIZED_TYPE,
  REGISTRATION_STREAM,
  SYSTEM_PROJECTIONS,
} from './projections/system-projections.js';
import { type ServerContext } from './server-context.js';
import { type ProposedEvent } from './storage/event-frame.js';
import { metadataEvent, serverEvent } from './storage/log-writer.js';

const STATISTICS_STREAM = '$stats-127.0.0.1:2113';
const STATISTICS_MAX_AGE_SECONDS = 24 * 60 * 60;
const SCAVENGES_STREAM = '$scavenges';
const SCAVENGES_MAX_AGE_SECONDS = 30 * 24 * 60 * 60;

/**
 * Writes the events that a new KurrentDB writes at its first start, so that `$all` is never empty: clients read its
 * first or last position before they write anything. A store of an earlier version is left as it is.
 */
export async function writeFirstEvents(context: ServerContext): Promise<void> {
  if (!context.store.isNew) return;
  const { writer, newEventId } = context;
  const append = (streamName: string, events: readonly ProposedEvent[]): void => {
    writer.append(streamName, { kind: 'noStream' }, events);
  };
  const limitAge = (streamName: string, $maxAge: number): void =>
    append(metadataStreamOf(streamName), [metadataEvent(newEventId(), JSON.stringify({ $maxAge }))]);
  await context.commits.submit(() => {
    limitAge(STATISTICS_STREAM, STATISTICS_MAX_AGE_SECONDS);
    limitAge(SCAVENGES_STREAM, SCAVENGES_MAX_AGE_SECONDS);
    append(REGISTRATION_STREAM, [
      serverEvent(newEventId(), INITIALIZED_TYPE),
      ...SYSTEM_PROJECTIONS.map(({ name }) => ({
        ...serverEvent(newEventId(), CREATED_TYPE),
        data: Buffer.from(name),
      })),
    ]);
    for (const projection of SYSTEM_PROJECTIONS) writeState(context, projection, true);
  });
}
