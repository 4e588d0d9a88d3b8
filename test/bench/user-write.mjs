import { jsonEvent } from '@kurrent/kurrentdb-client';

/** The data that every benchmark of a write writes: they can be compared. */
export const DATA = {
  displayName: 'Alice',
  email: 'alice@example.com',
  bio: 'x'.repeat(100),
  timezone: 'Europe/Amsterdam',
};

/** A write by the client alone. */
export function appendRaw(client, streamName, data = DATA) {
  return client.appendToStream(streamName, jsonEvent({ type: 'UserDataUpdated', data, metadata: { source: 'bench' } }));
}
