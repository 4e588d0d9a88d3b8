/** An event of the group's source, told by where it is, not by what it holds: that stays in the log until a consumer takes it. */
export interface SourceEvent {
  /** The id by which consumers answer for it: the link's, if it is one. UUID as lower-case text. [consume.stream.links] */
  readonly id: string;
  /** Where in the log to read it, or the event that it is a link to if it is one of an index stream. */
  readonly position: number;
  /** Where to read it if it is the event of an index stream, which is not in the log. */
  readonly indexed?: { readonly streamName: string; readonly revision: number };
  /** Which events must go to the same consumer; see `pinKeyOf`. */
  readonly pinKey: string;
}

/** An event on its way through the group. */
export interface GroupMessage extends SourceEvent {
  /** Its number among all that the group has looked at; parked ones that are given out again have none. */
  readonly sequence: number | undefined;
  /** How often it was given out before. */
  readonly retryCount: number;
  /** Its revision in the stream of parked events, if it comes from there. */
  readonly parkedRevision: number | undefined;
}

/** An event that a consumer shall have now. */
export interface Delivery {
  readonly consumerId: string;
  readonly message: GroupMessage;
}

/** An event that nobody could deal with, to be written to the stream of parked events. */
export interface ParkRequest {
  readonly message: GroupMessage;
  /** Why, for the metadata of the link. [consume.nack.park-and-replay] */
  readonly reason: string;
}

/** What a consumer says about events that it did not process. */
export type NackAction = 'unknown' | 'park' | 'retry' | 'skip' | 'stop';
