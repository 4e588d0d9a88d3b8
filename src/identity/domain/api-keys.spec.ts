import fc from 'fast-check';
import { type RecordedEvent } from '../../event-store/domain/index.js';
import { type ApiKeyCreated } from './api-key-events.js';
import { formatApiKey, isApiKeyName, parseApiKey } from './api-key-format.js';
import { callerOfKey, evolveApiKeys, findByName, isRevokedName, stateOf } from './api-keys.js';

const NOON = Date.parse('2026-11-25T12:00:00.000Z');
const recorded = (type: string, data: unknown, problem?: RecordedEvent['problem']): RecordedEvent => ({
  type,
  data,
  metadata: {},
  timestamp: '2026-11-25T12:00:00.000Z',
  eventId: 'evt_0_00000000',
  streamName: 'system-api-keys',
  revision: 0n,
  position: undefined,
  created: NOON,
  ...(problem ? { problem } : {}),
});
const created = (keyId: string, more: Partial<ApiKeyCreated> = {}): RecordedEvent =>
  recorded('ApiKeyCreated', {
    keyId,
    name: 'loans',
    hash: 'h',
    roles: [],
    createdAt: '2026-11-25T12:00:00.000Z',
    ...more,
  });
const revoked = (keyId: string, revokedAt = '2026-11-25T13:00:00.000Z'): RecordedEvent =>
  recorded('ApiKeyRevoked', { keyId, revokedAt });
const after = (...events: RecordedEvent[]): ReturnType<typeof evolveApiKeys> => evolveApiKeys(new Map(), events);

describe('API keys', () => {
  it('are active until they expire, and stay revoked once revoked', () => {
    const key = after(created('a', { expiresAt: '2026-11-25T14:00:00.000Z' })).get('a');
    const revokedKey = after(created('a'), revoked('a'), revoked('a', '2026-11-25T15:00:00.000Z')).get('a');
    if (!key || !revokedKey) throw new Error('missing key');
    expect([NOON, NOON + 2 * 3_600_000 - 1, NOON + 2 * 3_600_000].map((now) => stateOf(key, now))).toEqual([
      'active',
      'active',
      'expired',
    ]);
    expect(stateOf(revokedKey, NOON)).toBe('revoked');
    expect(revokedKey.revokedAt).toBe(NOON + 3_600_000);
  });

  it('leave their name to no other key once they are revoked, also if a key of an earlier version has it', () => {
    expect(isRevokedName(after(created('a')), 'loans')).toBe(false);
    expect(isRevokedName(after(created('a'), revoked('a')), 'loans')).toBe(true);
    expect(isRevokedName(after(created('a'), revoked('a'), created('b')), 'loans')).toBe(true);
    expect(isRevokedName(after(created('a'), revoked('a')), 'offers')).toBe(false);
  });

  it('are found by their name until they are revoked, not until they expire', () => {
    expect(findByName(after(created('a', { expiresAt: '2026-11-25T11:00:00.000Z' })), 'loans')?.keyId).toBe('a');
    expect(findByName(after(created('a'), revoked('a')), 'loans')).toBeUndefined();
    expect(findByName(after(created('a'), revoked('a'), created('b')), 'loans')?.keyId).toBe('b');
  });

  it('ignore malformed events and events of unknown keys', () => {
    const keys = after(created('a'));
    expect(
      evolveApiKeys(keys, [
        recorded('ApiKeyRevoked', { keyId: 'a' }, { reason: 'malformed', message: 'm' }),
        recorded('StreamCreated', {}),
        revoked('b'),
      ]),
    ).toEqual(keys);
  });

  it('give their caller the role user, their own roles and an id that no user can have', () => {
    const key = after(created('a', { roles: ['system'], expiresAt: '2026-11-25T14:00:00.000Z' })).get('a');
    if (!key) throw new Error('missing key');
    expect(callerOfKey(key)).toEqual({
      kind: 'known',
      id: 'key:loans',
      roles: new Set(['user', 'system']),
      expiresAt: NOON + 2 * 3_600_000,
    });
  });

  it('parse exactly the format they are written in', () => {
    const characters = (letters: string, length: number): fc.Arbitrary<string> =>
      fc.string({ unit: fc.constantFrom(...letters), minLength: length, maxLength: length });
    const key = fc.record({
      keyId: characters('0123456789abcdefghijklmnopqrstuvwxyz', 12),
      secret: characters('AZaz09-_', 43),
    });
    fc.assert(fc.property(key, (parts) => expect(parseApiKey(formatApiKey(parts))).toEqual(parts)));
    for (const text of [
      '',
      'pps_',
      `pps_${'a'.repeat(12)}_${'b'.repeat(42)}`,
      `pps_${'A'.repeat(12)}_${'b'.repeat(43)}`,
      ` pps_${'a'.repeat(12)}_${'b'.repeat(43)}`,
      `pps_${'a'.repeat(12)}_${'b'.repeat(43)}\n`,
    ])
      expect(parseApiKey(text)).toBeUndefined();
  });

  it.each([
    ['loans-importer', true],
    ['7', true],
    ['x'.repeat(64), true],
    ['x'.repeat(65), false],
    ['', false],
    ['Loans', false],
    ['a:b', false],
    ['a\n', false],
  ])('%j as a name: %s', (name, allowed) => {
    expect(isApiKeyName(name)).toBe(allowed);
  });
});
