import { CORRELATION_KEY, parseCorrelationId } from '../../log/index-streams.js';
import { LINK_TYPE, parseLink } from '../../log/link.js';
import { type ConsumerStrategyName } from './settings.js';

/** What of an event decides about its consumer. If it is a link that was resolved: the event that the link names. */
export interface PinSubject {
  readonly streamName: string;
  readonly type: string;
  /** Text, where it is some. */
  readonly data: () => string;
  readonly customMetadata: () => string;
}

/**
 * Events with the same key go to the same consumer. `Pinned`: events of the same stream, for links the stream they point to.
 * `PinnedByCorrelation`: events with the same correlation id; those that have none, by stream. The other strategies need no key.
 */
export function pinKeyOf(strategy: ConsumerStrategyName, subject: PinSubject): string {
  switch (strategy) {
    case 'DispatchToSingle':
    case 'RoundRobin':
      return '';
    case 'Pinned':
      return originStream(subject);
    case 'PinnedByCorrelation':
      return correlationId(subject.customMetadata()) ?? originStream(subject);
  }
}

function originStream({ streamName, type, data }: PinSubject): string {
  return type === LINK_TYPE ? (parseLink(data())?.streamName ?? streamName) : streamName;
}

const correlationId = (customMetadata: string): string | undefined =>
  customMetadata.includes(CORRELATION_KEY) ? parseCorrelationId(customMetadata) : undefined;
