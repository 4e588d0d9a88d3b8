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

/** Where events say what they belong to: the member of their metadata that projections use, too. */
const CORRELATION_ID = '$correlationId';

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

function correlationId(customMetadata: string): string | undefined {
  if (!customMetadata.includes(CORRELATION_ID)) return undefined;
  try {
    const document: unknown = JSON.parse(customMetadata);
    const id: unknown =
      typeof document === 'object' && document !== null ? Reflect.get(document, CORRELATION_ID) : undefined;
    return typeof id === 'string' ? id : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // metadata may be anything
    throw error;
  }
}
