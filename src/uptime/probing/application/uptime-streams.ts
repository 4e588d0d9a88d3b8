import {
  type CreateStreamResult,
  type EventStore,
  serviceUptimeStream,
  DomainError,
} from '../../../event-store/domain/index.js';
import { createUptimeStream, probeSamplesStream } from '../../domain/index.js';

const DAY_SECONDS = 86_400;

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

/** @param days 0: for ever. @returns seconds, as streams take them; undefined for ever */
export function samplesMaxAgeOf(days: number): number | undefined {
  return days === 0 ? undefined : days * DAY_SECONDS;
}

/** Creates the streams of each service; harmless where they are there. One that fails does not keep the others from theirs. */
export function createUptimeStreams(
  store: Pick<EventStore, 'createStream'>,
  services: readonly string[],
  samplesMaxAge: number | undefined,
): Promise<StreamCreation[]> {
  return Promise.all(
    services.map(async (service) => {
      const streamName = serviceUptimeStream(service);
      try {
        await createUptimeStream(store, service);
        await createSamplesStream(store, service, samplesMaxAge);
        return { service, streamName, success: true, streamId: streamName };
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        return { service, streamName, success: false, error: error.message };
      }
    }),
  );
}

/**
 * The stream of a service's raw samples. The read model goes on knowing when a service was probed after they have gone, but one that
 * is built anew finds that time unknown.
 *
 * @param maxAge seconds that they are kept; for ever where undefined
 * @throws as {@link createUptimeStream}
 */
export function createSamplesStream(
  store: Pick<EventStore, 'createStream'>,
  service: string,
  maxAge: number | undefined,
): Promise<CreateStreamResult> {
  return store.createStream({
    name: probeSamplesStream(service),
    description: `Raw samples of the probes of the service '${service}'`,
    tags: ['uptime', 'samples', service],
    owner: 'system',
    ...(maxAge === undefined ? {} : { maxAge }),
  });
}
