import { type CreateStreamResult, type EventStore, serviceUptimeStream } from '../../../event-store/domain/index.js';

/** Tags of the stream of a service's status changes. Those of the services file are shown after them. */
export function uptimeTags(service: string): readonly string[] {
  return ['uptime', 'monitoring', service];
}

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
    tags: uptimeTags(service),
    owner: 'system',
  });
}
