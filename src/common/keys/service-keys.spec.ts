import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceKeys } from './service-keys.js';

interface KeyFile {
  current: string;
  readonly keys: { readonly id: string; readonly createdAt: string; readonly secret: string }[];
}

describe("the service's keys", () => {
  let directory: string;
  const path = (): string => join(directory, 'service.keys');
  const read = (): KeyFile => JSON.parse(readFileSync(path(), 'utf8')) as KeyFile;
  const write = (content: unknown): void => writeFileSync(path(), JSON.stringify(content), { mode: 0o600 });

  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'service-keys-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  it('are created once, for their owner only', () => {
    const created = ServiceKeys.open(directory, 1_000).current('feed-tickets');
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(read()).toEqual({
      format: 'penguin-pool-service-keys 1',
      current: created.id,
      keys: [
        {
          id: created.id,
          createdAt: '1970-01-01T00:00:01.000Z',
          secret: expect.stringMatching(/^[\w-]{43}$/) as string,
        },
      ],
    });
    expect(ServiceKeys.open(directory).current('feed-tickets')).toEqual(created);
  });

  it('differ by purpose and by the key that they are derived from', () => {
    const keys = ServiceKeys.open(directory);
    const other = ServiceKeys.open(join(directory, 'other'));
    const derived = [keys.current('feed-tickets'), keys.current('audit-pseudonyms'), other.current('feed-tickets')];
    expect(new Set(derived.map(({ key }) => key.toString('hex'))).size).toBe(3);
    for (const { key } of derived) expect(key).toHaveLength(32);
  });

  it('are derived as HKDF-SHA-256 of the secret, purpose and id', () => {
    write({
      format: 'penguin-pool-service-keys 1',
      current: 'a',
      keys: [{ id: 'a', createdAt: '2026-01-01T00:00:00.000Z', secret: Buffer.alloc(32, 1).toString('base64url') }],
    });
    // Computed with another implementation: Python's hmac, RFC 5869.
    expect(ServiceKeys.open(directory).current('feed-tickets').key.toString('hex')).toBe(
      '7131e44ec57238012f495b2ae402519df02c38a118cc1200ac477698f8cf2c94',
    );
  });

  it('are replaced in two steps, and earlier ones are found by their ids', () => {
    const before = ServiceKeys.open(directory).current('feed-tickets');
    const file = read();
    file.keys.push({
      id: 'next',
      createdAt: '2026-01-01T00:00:00.000Z',
      secret: Buffer.alloc(32, 1).toString('base64url'),
    });
    write(file);
    const added = ServiceKeys.open(directory);
    const next = added.find('feed-tickets', 'next');
    expect(added.current('feed-tickets')).toEqual(before);
    file.current = 'next';
    write(file);
    const switched = ServiceKeys.open(directory);
    expect(switched.current('feed-tickets')).toEqual(next);
    expect(switched.find('feed-tickets', before.id)).toEqual(before);
    expect(switched.find('feed-tickets', 'unknown')).toBeUndefined();
  });

  it.each([
    ['no JSON', 'secret-part-of-a-file', 'it is not JSON'],
    ['another format', '{"format":"2","current":"a","keys":[]}', 'format must be one of penguin-pool-service-keys 1'],
    [
      'no current key',
      '{"format":"penguin-pool-service-keys 1","current":"a","keys":[]}',
      'has no key with the id that',
    ],
    [
      'a short secret',
      '{"format":"penguin-pool-service-keys 1","current":"a","keys":[{"id":"a","createdAt":"2026-01-01T00:00:00Z","secret":"c2VjcmV0"}]}',
      'keys.0.secret must be 32 bytes in base64url',
    ],
  ])('are refused with %s, and the message shows no part of them', (_, content, problem) => {
    writeFileSync(path(), content, { mode: 0o600 });
    expect(() => ServiceKeys.open(directory)).toThrow(problem);
    expect(() => ServiceKeys.open(directory)).not.toThrow(/secret-part|c2VjcmV0/);
  });

  it('are refused while other accounts may use them', () => {
    ServiceKeys.open(directory);
    chmodSync(path(), 0o640);
    expect(() => ServiceKeys.open(directory)).toThrow(/service\.keys' is not used as a key: other accounts .*mode 640/);
    chmodSync(directory, 0o2770); // a volume of Kubernetes with fsGroup
    expect(() => ServiceKeys.open(directory)).not.toThrow();
    chmodSync(path(), 0o644);
    expect(() => ServiceKeys.open(directory)).toThrow(/mode 644/);
  });
});
