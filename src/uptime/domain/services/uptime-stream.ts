import { type CreateStreamResult, type EventStore, serviceUptimeStream } from '../../../event-store/domain/index.js';

/** The history of a service is public; only the service itself writes it. */
const PERMISSIONS = { read: ['*'], write: ['system'], admin: ['system'] };

/**
 * Creates the stream of a service's status changes, without a retention limit.
 *
 * @throws ConnectionError, TimeoutError, PermissionError, StreamDeletedError
 */
export function createUptimeStream(
  store: Pick<EventStore, 'createStream'>,
  service: string,
): Promise<CreateStreamResult> {
  return store.createStream({
    name: serviceUptimeStream(service),
    description: `Confirmed changes of the status of the service '${service}'`,
    tags: ['uptime', service],
    owner: 'system',
    permissions: PERMISSIONS,
  });
}
