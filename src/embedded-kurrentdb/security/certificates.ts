import { createPrivateKey, sign, verify, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TlsCredentials } from '../grpc/listener.js';

const CA_FILE = 'ca.crt';
const CERTIFICATE_FILE = 'node.crt';
const KEY_FILE = 'node.key';

/**
 * Whatever the system clock shows, or will show while the server runs, is in between: a wrong clock, one that is
 * corrected and a server that runs for years must not make the only client refuse its connection. The end is that of
 * RFC 5280, 4.1.2.5, for certificates without one; the certificates are for the loopback interface, and their CA signs
 * nothing else.
 */
const VALIDITY = { notBefore: new Date(0), notAfter: new Date('9999-12-31T23:59:59Z') } as const;

export interface ServerIdentity extends TlsCredentials {
  /** The CA to trust, for the client's `tlsCAFile`. */
  readonly caPath: string;
  /** Why existing files were replaced by new ones; undefined if they were not damaged. */
  readonly repair: string | undefined;
}

/**
 * The server's certificate for localhost, created at the first start. Files that do not fit each other are replaced,
 * and those of an earlier version, whose validity ends. The CA signs nothing else: its key is discarded once the
 * certificate is signed.
 */
export async function ensureServerIdentity(directory: string): Promise<ServerIdentity> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const paths = [CA_FILE, CERTIFICATE_FILE, KEY_FILE].map((file) => join(directory, file));
  const isNew = !paths.some((path) => existsSync(path));
  const problem = isNew ? undefined : misfit(directory);
  if (isNew || problem !== undefined || !isValidAtAnyTime(directory)) await createCertificates(directory);
  return {
    caPath: join(directory, CA_FILE),
    certificate: readFileSync(join(directory, CERTIFICATE_FILE)),
    key: readFileSync(join(directory, KEY_FILE)),
    repair: problem && `the TLS files in ${directory} did not fit each other and were recreated: ${problem}`,
  };
}

const TRIAL = Buffer.from('trial');

/** Why clients that trust the CA would reject the server; undefined if they accept it. */
export function misfit(directory: string): string | undefined {
  try {
    const ca = readCertificate(directory, CA_FILE);
    const certificate = readCertificate(directory, CERTIFICATE_FILE);
    if (!ca.verify(ca.publicKey)) return `${CA_FILE} is not signed by itself`;
    if (!certificate.verify(ca.publicKey) || !certificate.checkIssued(ca))
      return `${CERTIFICATE_FILE} is not signed by ${CA_FILE}`;
    const key = createPrivateKey(readFileSync(join(directory, KEY_FILE)));
    // Not checkPrivateKey: it compares the public key in the file only.
    const isKey = verify('sha256', TRIAL, certificate.publicKey, sign('sha256', TRIAL, key));
    return isKey ? undefined : `${KEY_FILE} is not the key of ${CERTIFICATE_FILE}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function isValidAtAnyTime(directory: string): boolean {
  return [CA_FILE, CERTIFICATE_FILE].every((file) => {
    const { validFrom, validTo } = readCertificate(directory, file);
    return Date.parse(validFrom) <= VALIDITY.notBefore.getTime() && Date.parse(validTo) >= VALIDITY.notAfter.getTime();
  });
}

function readCertificate(directory: string, file: string): X509Certificate {
  return new X509Certificate(readFileSync(join(directory, file)));
}

async function createCertificates(directory: string): Promise<void> {
  // Loaded lazily: it takes longer than the whole start of a server that has its certificate.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const { webcrypto } = await import('node:crypto');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
  const [caKeys, keys] = await Promise.all(
    [0, 1].map(() => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])),
  );
  if (caKeys === undefined || keys === undefined) throw new Error('no key pair was generated');
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...VALIDITY,
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
    ...VALIDITY,
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
