import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { TestAuthority } from '../../../test/support/test-certificates.js';
import { ensureServerIdentity, misfit } from './certificates.js';

/** Connects a client that trusts the CA to a server with the certificate. @throws Error if they do not agree */
async function handshake(directory: string): Promise<void> {
  const [ca, cert, key] = ['ca.crt', 'node.crt', 'node.key'].map((file) => readFileSync(join(directory, file)));
  const server = createServer({ cert, key }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca });
  await once(socket, 'secureConnect');
  socket.destroy();
  server.close();
}

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
    const authority = await TestAuthority.create();
    const { cert, key } = await authority.issue(validity);
    const caPath = join(directory, 'ca.crt');
    writeFileSync(caPath, `${authority.pem}\n`);
    writeFileSync(join(directory, 'node.crt'), `${cert}\n`);
    writeFileSync(join(directory, 'node.key'), key);
    const { certificate, repair } = await ensureServerIdentity(directory);
    expect(repair).toBeUndefined();
    expect(new Date(new X509Certificate(certificate).validTo).getUTCFullYear()).toBe(9999);
    expect(new X509Certificate(certificate).verify(new X509Certificate(readFileSync(caPath)).publicKey)).toBe(true);
  });

  it.each(['ca.crt', 'node.crt', 'node.key'])('serves or is replaced, whatever bit of %s flipped', async (file) => {
    await ensureServerIdentity(directory);
    const path = join(directory, file);
    const sound = readFileSync(path);
    let replaced = 0;
    for (let at = 0; at < sound.length; at++) {
      const bytes = Buffer.from(sound);
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (at % 8)), at);
      writeFileSync(path, bytes);
      if (misfit(directory) === undefined) await handshake(directory);
      else replaced++;
    }
    expect(replaced).toBeGreaterThan(0.9 * sound.length);
    writeFileSync(path, sound.fill('A', 100, 102));
    expect((await ensureServerIdentity(directory)).repair).toMatch(
      `the TLS files in ${directory} did not fit each other and were recreated: `,
    );
    await handshake(directory);
    expect((await ensureServerIdentity(directory)).repair).toBeUndefined();
  });

  it.each(['ca.crt', 'node.crt', 'node.key'])('is replaced if %s is that of another one, or missing', async (file) => {
    const other = mkdtempSync(join(tmpdir(), 'certificates-'));
    await ensureServerIdentity(other);
    await ensureServerIdentity(directory);
    renameSync(join(other, file), join(directory, file));
    expect((await ensureServerIdentity(directory)).repair).toMatch(/is not/);
    rmSync(join(directory, file));
    expect((await ensureServerIdentity(directory)).repair).toContain(file);
    expect((await ensureServerIdentity(directory)).repair).toBeUndefined();
    rmSync(other, { recursive: true });
  });
});
