import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { isEventId, ValidationError } from '../domain/index.js';
import { IdempotencyKey } from './idempotency-key.js';

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
const keyOf = (id: string, streamName: string, given: string, ...asked: readonly unknown[]): IdempotencyKey =>
  new IdempotencyKey([id, streamName], given, asked, digest);
const idsOf = (key: IdempotencyKey, count = 3): string[] => {
  const next = key.eventIds();
  return Array.from({ length: count }, () => next());
};
const processed = ({ fingerprint }: IdempotencyKey): Parameters<IdempotencyKey['assertSame']>[0] => ({
  streamName: 'user-alice-profile',
  fingerprint,
});

describe('IdempotencyKey', () => {
  it('gives a repeated request the same event ids, which differ from each other', () => {
    const ids = idsOf(keyOf('alice', 'user-alice-profile', 'k', 'replace', { a: 1 }));
    expect(idsOf(keyOf('alice', 'user-alice-profile', 'k', 'replace', { a: 1 }))).toEqual(ids);
    expect(new Set(ids).size).toBe(3);
    expect(ids.every(isEventId)).toBe(true);
  });

  it('gives a different request with the same key different event ids', () => {
    const ids = new Set(idsOf(keyOf('alice', 'user-alice-profile', 'k', 'replace', { a: 1 })));
    expect(idsOf(keyOf('alice', 'user-alice-profile', 'k', 'replace', { a: 2 })).some((id) => ids.has(id))).toBe(false);
  });

  it('is valid for one caller and one stream', () => {
    const keys = [
      keyOf('alice', 'user-alice-profile', 'k'),
      keyOf('bob', 'user-alice-profile', 'k'),
      keyOf('alice', 'user-alice-loans', 'k'),
      keyOf('alice', 'user-alice-profile', 'l'),
    ];
    expect(new Set(keys.map(({ text }) => text)).size).toBe(keys.length);
    expect(new Set(keys.flatMap((key) => idsOf(key, 1))).size).toBe(keys.length);
  });

  it('is equal only for equal caller, stream and key, whatever their boundaries', () => {
    const part = fc.string({ maxLength: 3, unit: fc.constantFrom('a', '"', ',', '\\', ':', 'é') });
    fc.assert(
      fc.property(fc.tuple(part, part, part), fc.tuple(part, part, part), (one, other) => {
        expect(keyOf(...one).text === keyOf(...other).text).toBe(one.every((text, index) => text === other[index]));
      }),
    );
  });

  it('rejects a different request, with a message that names the key', () => {
    const done = processed(keyOf('alice', 'user-alice-profile', 'k', 'revision 1', { a: 1 }));
    expect(() => keyOf('alice', 'user-alice-profile', 'k', 'revision 1', { a: 1 }).assertSame(done)).not.toThrow();
    for (const other of [
      keyOf('alice', 'user-alice-profile', 'k', 'revision 1', { a: 2 }),
      keyOf('alice', 'user-alice-profile', 'k', 'revision 2', { a: 1 }),
      keyOf('alice', 'user-alice-profile', 'k', 'revision 1'),
    ]) {
      expect(() => other.assertSame(done)).toThrow(ValidationError);
      expect(() => other.assertSame(done)).toThrow("The Idempotency-Key 'k' was used for another request");
    }
  });
});
