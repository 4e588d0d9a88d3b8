import {
  type EventBatch,
  type EventStore,
  type EventSubscription,
  type RecordedEvent,
  type SubscriptionOptions,
} from '../domain/index.js';
import { StreamFollower } from './stream-follower.js';

/** A small read model whose state its feature keeps in memory: it is rebuilt at each start of the process. */
export interface ProjectionDefinition {
  readonly name: string;
  /** One stream from its first event; or the streams with these prefixes, for 'end' without their stored events. */
  readonly source:
    { readonly streamName: string } | { readonly streamNamePrefixes: readonly string[]; readonly after?: 'end' };
  /** Applies events to the feature's state. A batch that makes it throw is delivered again. */
  readonly apply: (events: readonly RecordedEvent[]) => void;
  /** Empties the feature's state: the store was replaced, and its events are applied from the beginning. */
  readonly clear: () => void;
}

/** Follows the streams of a {@link ProjectionDefinition}. */
export class Projection extends StreamFollower {
  constructor(
    private readonly definition: ProjectionDefinition,
    private readonly store: Pick<EventStore, 'subscribeToAll' | 'subscribeToStream'>,
  ) {
    super(definition.name);
  }

  protected override subscribe(options: SubscriptionOptions): EventSubscription {
    const { source } = this.definition;
    if ('streamName' in source) return this.store.subscribeToStream(source.streamName, options);
    const { streamNamePrefixes, after } = source;
    return this.store.subscribeToAll({ ...options, ...(after ? { after } : {}), filter: { streamNamePrefixes } });
  }

  protected override clear(): void {
    this.definition.clear();
  }

  protected override applyBatch({ events }: EventBatch): readonly RecordedEvent[] {
    this.definition.apply(events);
    return events;
  }
}
