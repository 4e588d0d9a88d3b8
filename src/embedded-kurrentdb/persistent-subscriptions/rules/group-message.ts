/** An event of the group's source. Only its position is kept; its content stays in the log until it is delivered. */
export interface SourceEvent {
  /** The id in acks and nacks: that of the link for a link event. A lower-case UUID. [consume.stream.links] */
  readonly id: string;
  /** Log position of the event; for an event of an index stream, that of the event that it links to. */
  readonly position: number;
  /** Stream and revision of an event of an index stream, which is not in the log. */
  readonly indexed?: { readonly streamName: string; readonly revision: number };
  /** Events with the same key go to the same consumer; see `pinKeyOf`. */
  readonly pinKey: string;
}

export interface GroupMessage extends SourceEvent {
  /** Sequence number among the events of the source; undefined for replayed parked events. */
  readonly sequence: number | undefined;
  readonly retryCount: number;
  /** Its revision in the parked stream, if it is replayed from there. */
  readonly parkedRevision: number | undefined;
}

export interface Delivery {
  readonly consumerId: string;
  readonly message: GroupMessage;
}

export interface ParkRequest {
  readonly message: GroupMessage;
  /** For the metadata of the link. [consume.nack.park-and-replay] */
  readonly reason: string;
}

export type NackAction = 'unknown' | 'park' | 'retry' | 'skip' | 'stop';
