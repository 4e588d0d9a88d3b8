import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestAuthority } from '../../../test/support/test-certificates.js';
import { ensureServerIdentity } from './certificates.js';

describe('the certificate of the embedded server', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'certificates-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  it('is valid whatever the clock shows, as its CA is, and is kept', async () => {
    const { certificate, caPath } = await ensureServerIdentity(directory);
    for (const pem of [certificate, readFileSync(caPath)]) {
      const { validFrom, validTo } = new X509Certificate(pem);
      expect(new Date(validFrom).toISOString()).toBe('1970-01-01T00:00:00.000Z');
      expect(new Date(validTo).getUTCFullYear()).toBe(9999);
    }
    expect((await ensureServerIdentity(directory)).certificate).toEqual(certificate);
  });

  it.each([
    ['has not begun yet', { beginsInDays: 10, endsInDays: 700 }],
    ['ends while a server may run', { endsInDays: 700 }],
    ['has ended', { endsInDays: -1 }],
  ])('of an earlier version is replaced if it %s', async (_, validity) => {
    const { caPath } = await ensureServerIdentity(directory);
    const { cert } = await (await TestAuthority.create()).issue(validity);
    writeFileSync(join(directory, 'node.crt'), cert);
    writeFileSync(caPath, cert);
    const { certificate } = await ensureServerIdentity(directory);
    expect(new Date(new X509Certificate(certificate).validTo).getUTCFullYear()).toBe(9999);
    expect(new X509Certificate(certificate).verify(new X509Certificate(readFileSync(caPath)).publicKey)).toBe(true);
  });
});
