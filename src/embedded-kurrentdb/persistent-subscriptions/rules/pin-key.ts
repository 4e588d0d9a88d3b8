import { CORRELATION_KEY, parseCorrelationId } from '../../log/index-streams.js';
import { LINK_TYPE, parseLink } from '../../log/link.js';
import { type ConsumerStrategyName } from './settings.js';

/** The fields of an event that its pin key depends on; of the resolved event, if it is a resolved link. */
export interface PinSubject {
  readonly streamName: string;
  readonly type: string;
  /** Lazy, as only links need it. */
  readonly data: () => string;
  readonly customMetadata: () => string;
}

/**
 * The pin key: events with the same key go to the same consumer. `Pinned`: the stream; for a link, the stream of its
 * target. `PinnedByCorrelation`: the correlation id, or the stream without one. The other strategies need no key.
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
