import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TlsCredentials } from '../grpc/listener.js';

const CA_FILE = 'ca.crt';
const CERTIFICATE_FILE = 'node.crt';
const KEY_FILE = 'node.key';

const DAY_MS = 24 * 60 * 60 * 1000;
const VALID_FOR_MS = 2 * 365 * DAY_MS;

/**
 * Certificates are renewed when less than this is left: a server that is started once a month never runs into their
 * expiry.
 */
const RENEW_BEFORE_MS = 90 * DAY_MS;

/** Tolerates a system clock that was set back after the certificates were created. */
const BACKDATE_MS = DAY_MS;

export interface ServerIdentity extends TlsCredentials {
  /** The CA to trust, for the client's `tlsCAFile`. */
  readonly caPath: string;
}

/**
 * The server's certificate for localhost, created at the first start and renewed before it expires. Its CA signs
 * nothing else: the CA's key is discarded once the certificate is signed.
 */
export async function ensureServerIdentity(directory: string, nowMs: number): Promise<ServerIdentity> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const caPath = join(directory, CA_FILE);
  if (!isUsable(directory, nowMs)) await createCertificates(directory, nowMs);
  return {
    caPath,
    certificate: readFileSync(join(directory, CERTIFICATE_FILE)),
    key: readFileSync(join(directory, KEY_FILE)),
  };
}

function isUsable(directory: string, nowMs: number): boolean {
  const paths = [CA_FILE, CERTIFICATE_FILE, KEY_FILE].map((file) => join(directory, file));
  if (!paths.every((path) => existsSync(path))) return false;
  const certificate = new X509Certificate(readFileSync(join(directory, CERTIFICATE_FILE)));
  return Date.parse(certificate.validTo) - nowMs > RENEW_BEFORE_MS;
}

async function createCertificates(directory: string, nowMs: number): Promise<void> {
  // Loaded lazily: it takes longer than the whole start of a server that has its certificate.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const { webcrypto } = await import('node:crypto');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
  const [caKeys, keys] = await Promise.all(
    [0, 1].map(() => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])),
  );
  if (caKeys === undefined || keys === undefined) throw new Error('no key pair was generated');
  const validity = { notBefore: new Date(nowMs - BACKDATE_MS), notAfter: new Date(nowMs + VALID_FOR_MS) };
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity,
    serialNumber: serialNumber(),
    name: 'CN=Embedded KurrentDB CA',
    keys: caKeys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const certificate = await x509.X509CertificateGenerator.create({
    ...validity,
    serialNumber: serialNumber(),
    subject: 'CN=localhost',
    issuer: ca.subject,
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: '::1' },
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  writePrivately(
    join(directory, KEY_FILE),
    `-----BEGIN PRIVATE KEY-----\n${key.replace(/.{64}/g, '$&\n').trimEnd()}\n-----END PRIVATE KEY-----\n`,
  );
  writePrivately(join(directory, CA_FILE), `${ca.toString('pem')}\n`);
  writePrivately(join(directory, CERTIFICATE_FILE), `${certificate.toString('pem')}\n`);
}

function serialNumber(): string {
  return Buffer.concat([Buffer.of(1), crypto.getRandomValues(Buffer.alloc(15))]).toString('hex');
}

/** Writes a file atomically, readable by its owner only. */
export function writePrivately(path: string, content: string): void {
  const temporaryPath = `${path}.new`;
  writeFileSync(temporaryPath, content, { mode: 0o600 });
  renameSync(temporaryPath, path);
}
