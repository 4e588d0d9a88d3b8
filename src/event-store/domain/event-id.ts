import { type RandomString } from '../../common/random-string.js';

/** Length of the random part of an event id: 36^16 values, more than 82 bits. */
const RANDOM_LENGTH = 16;

const EVENT_ID = /^evt_\d{1,15}_[0-9a-z]{6,64}$/;

/** `evt_{milliseconds since 1970}_{random}`. */
export function createEventId(now: number, random: RandomString): string {
  return `evt_${now}_${random(RANDOM_LENGTH)}`;
}

export function isEventId(text: string): boolean {
  return EVENT_ID.test(text);
}
