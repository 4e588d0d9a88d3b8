/** The two sources of chance and time that ids and timestamps are made from; passed in, so that tests can fix them. */
export interface Clock {
  /** Milliseconds since 1970, integer, wall clock. */
  now(): number;
  /** Milliseconds of a clock that never jumps, with fractions; only differences mean something. */
  monotonic(): number;
}

/** Gives lower-case letters and digits, different at every call. */
export type RandomString = (length: number) => string;

/** Length of the random part of an event id: 36^16 values, more than 82 bits. */
const RANDOM_LENGTH = 16;

const EVENT_ID = /^evt_\d{1,15}_[0-9a-z]{8,64}$/;

/** `evt_{milliseconds since 1970}_{random}`. */
export function createEventId(now: number, random: RandomString): string {
  return `evt_${now}_${random(RANDOM_LENGTH)}`;
}

/** Whether a text has the form of an event id. */
export function isEventId(text: string): boolean {
  return EVENT_ID.test(text);
}
