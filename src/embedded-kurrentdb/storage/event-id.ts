/** The 16 bytes of an event's UUID, big-endian. */
export type EventId = Uint8Array;

export const EVENT_ID_BYTES = 16;
export const EVENT_ID_STRING_LENGTH = 36;

const HEX = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
const DASH = 0x2d;
const INVALID = 0xff;
const VALUE_OF = new Uint8Array(256).fill(INVALID);
for (const [value, code] of HEX.entries()) {
  VALUE_OF[code] = value;
  VALUE_OF[String.fromCharCode(code).toUpperCase().charCodeAt(0)] = value;
}

const isDashAt = (index: number): boolean => index === 8 || index === 13 || index === 18 || index === 23;

/** Parses a UUID in its canonical form, in either case; undefined if it is invalid. */
export function parseEventId(text: Uint8Array): EventId | undefined {
  if (text.length !== EVENT_ID_STRING_LENGTH) return undefined;
  const id = Buffer.allocUnsafe(EVENT_ID_BYTES);
  let written = 0;
  for (let index = 0; index < EVENT_ID_STRING_LENGTH;) {
    if (isDashAt(index)) {
      if (text[index++] !== DASH) return undefined;
      continue;
    }
    const high = VALUE_OF[text[index++] ?? 0] ?? INVALID;
    const low = VALUE_OF[text[index++] ?? 0] ?? INVALID;
    if (high === INVALID || low === INVALID) return undefined;
    id[written++] = (high << 4) | low;
  }
  return id;
}

/** Writes the canonical form in lower case: {@link EVENT_ID_STRING_LENGTH} bytes. */
export function writeEventIdString(target: Uint8Array, offset: number, id: EventId): void {
  let at = offset;
  for (let index = 0; index < EVENT_ID_BYTES; index++) {
    if (index === 4 || index === 6 || index === 8 || index === 10) target[at++] = DASH;
    const byte = id[index] ?? 0;
    target[at++] = HEX[byte >> 4] ?? 0;
    target[at++] = HEX[byte & 15] ?? 0;
  }
}

export const isNilEventId = (id: EventId): boolean => id.every((byte) => byte === 0);

export const eventIdsEqual = (a: EventId, b: EventId): boolean => Buffer.compare(a, b) === 0;

export function eventIdToString(id: EventId): string {
  const text = Buffer.allocUnsafe(EVENT_ID_STRING_LENGTH);
  writeEventIdString(text, 0, id);
  return text.toString('latin1');
}
