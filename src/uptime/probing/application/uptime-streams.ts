import {
  type CreateStreamResult,
  type EventStore,
  serviceUptimeStream,
  DomainError,
} from '../../../event-store/domain/index.js';
import { createUptimeStream, probeSamplesStream } from '../../domain/index.js';

const DAY_SECONDS = 86_400;

/** Result of creating the streams of one service. */
export interface StreamCreation {
  readonly service: string;
  readonly streamName: string;
  readonly success: boolean;
  /** Id of the stream in the store; absent after a failure. */
  readonly streamId?: string;
  /** Reason of the failure, in plain language. */
  readonly error?: string;
}

/** `$maxAge` in seconds. @param days 0 for unlimited retention, which is undefined as `$maxAge` */
export function samplesMaxAgeOf(days: number): number | undefined {
  return days === 0 ? undefined : days * DAY_SECONDS;
}

/** Creates the streams of each service; idempotent. A failure for one service does not affect the others. */
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
 * Creates the stream of a service's raw samples. Expired samples stay in the read model as coverage, but are `unknown`
 * time after a rebuild.
 *
 * @param maxAge retention in seconds; unlimited if undefined
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
