import { type EventStore, type NewStream, serviceUptimeStream, StreamError } from '../../event-store/domain/index.js';
import { probeSamplesStream } from '../domain/index.js';

/**
 * Raw samples are kept for so many seconds (90 days); changes are kept for ever. The read model goes on knowing when a service was
 * probed before that, but one that is built anew finds that time unknown.
 */
const SAMPLES_MAX_AGE_SECONDS = 90 * 86_400;

/** Anybody may read who was up when; only the service itself writes it. The raw samples, as all system streams, are the system's alone. */
const PERMISSIONS = { read: ['*'], write: ['system'], admin: ['system'] };

/** What became of creating the streams of one service. */
export interface StreamCreation {
  readonly service: string;
  readonly streamName: string;
  readonly success: boolean;
  /** How the store knows the stream; absent where it is not there. */
  readonly streamId?: string;
  /** Why it is not, for a person. */
  readonly error?: string;
}

/** Creates the streams of each service; harmless where they are there. One that fails does not keep the others from theirs. */
export function createUptimeStreams(store: Pick<EventStore, 'createStream'>, services: readonly string[]): Promise<StreamCreation[]> {
  return Promise.all(
    services.map(async (service) => {
      const streamName = serviceUptimeStream(service);
      try {
        await createStreamsOf(store, service);
        return { service, streamName, success: true, streamId: streamName };
      } catch (error) {
        if (!(error instanceof StreamError)) throw error;
        return { service, streamName, success: false, error: error.message };
      }
    }),
  );
}

/** Creates the streams of one service. @throws ConnectionError, TimeoutError, PermissionError, StreamDeletedError */
export async function createStreamsOf(store: Pick<EventStore, 'createStream'>, service: string): Promise<void> {
  for (const stream of streamsOf(service)) await store.createStream(stream);
}

function streamsOf(service: string): NewStream[] {
  return [
    {
      name: serviceUptimeStream(service),
      description: `Confirmed changes of the status of the service '${service}'`,
      tags: ['uptime', service],
      owner: 'system',
      permissions: PERMISSIONS,
    },
    {
      name: probeSamplesStream(service),
      description: `Raw samples of the probes of the service '${service}'`,
      tags: ['uptime', 'samples', service],
      owner: 'system',
      maxAge: SAMPLES_MAX_AGE_SECONDS,
    },
  ];
}
