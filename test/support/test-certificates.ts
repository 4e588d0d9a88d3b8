import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import tls from 'node:tls';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Certificate and key of a TLS server, as PEM. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
  /** In milliseconds since 1970. */
  readonly endsAt: number;
}

export interface CertificateOptions {
  /** Subject alternative names. */
  readonly names?: readonly x509.JsonGeneralName[];
  /** Days until the expiry; negative: expired. */
  readonly endsInDays?: number;
  readonly beginsInDays?: number;
}

const LOOPBACK_NAMES: readonly x509.JsonGeneralName[] = [
  { type: 'dns', value: 'localhost' },
  { type: 'ip', value: '127.0.0.1' },
  { type: 'ip', value: '::1' },
];

/** Certificate authority of a test. */
export class TestAuthority {
  private constructor(
    private readonly certificate: x509.X509Certificate,
    private readonly keys: webcrypto.CryptoKeyPair,
    /** Certificates between this authority and its root; absent: it is a root. */
    private readonly above?: readonly string[],
  ) {}

  static async create(): Promise<TestAuthority> {
    const keys = await makeKeys();
    return new TestAuthority(
      await x509.X509CertificateGenerator.createSelfSigned({
        ...validity({}),
        serialNumber: '01',
        name: 'CN=Test authority',
        keys,
        signingAlgorithm: ALGORITHM,
        extensions: authorityExtensions(),
      }),
      keys,
    );
  }

  get pem(): string {
    return this.certificate.toString('pem');
  }

  /** An authority below this one, whose servers send its certificate with theirs. */
  async issueAuthority(name: string, options: CertificateOptions = {}): Promise<TestAuthority> {
    const keys = await makeKeys();
    return new TestAuthority(await this.#certify(name, keys, options), keys, [...this.#sent()]);
  }

  /** This authority as certified by another one too: a cross-signed certificate of the same name and key. */
  async crossSignedBy(other: TestAuthority, options: CertificateOptions = {}): Promise<string> {
    const certificate = await other.#certify(this.certificate.subject.slice('CN='.length), this.keys, options);
    return certificate.toString('pem');
  }

  async issue(options: CertificateOptions = {}): Promise<ServerCertificate> {
    const keys = await makeKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      ...validity(options),
      serialNumber: '02',
      subject: 'CN=Tested service',
      issuer: this.certificate.subject,
      publicKey: keys.publicKey,
      signingKey: this.keys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: serverExtensions(options),
    });
    const server = await toServerCertificate(certificate, keys);
    return { ...server, cert: [server.cert, ...this.#sent()].join('\n') };
  }

  /** Certificates that a server sends after its own: a root is known. */
  #sent(): string[] {
    return this.above === undefined ? [] : [this.pem, ...this.above];
  }

  #certify(name: string, keys: webcrypto.CryptoKeyPair, options: CertificateOptions): Promise<x509.X509Certificate> {
    return x509.X509CertificateGenerator.create({
      ...validity(options),
      serialNumber: '04',
      subject: `CN=${name}`,
      issuer: this.certificate.subject,
      publicKey: keys.publicKey,
      signingKey: this.keys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: authorityExtensions(),
    });
  }

  /**
   * Trusts the authority for the rest of the spec file, like NODE_EXTRA_CA_CERTS, which Node reads only at start.
   * Call it before the first TLS connection of the file.
   */
  trust(): void {
    const { createSecureContext } = tls;
    jest
      .spyOn(tls, 'createSecureContext')
      .mockImplementation((options = {}) =>
        createSecureContext({ ca: [...tls.rootCertificates, this.certificate.toString('pem')], ...options }),
      );
  }
}

export async function selfSigned(options: CertificateOptions = {}): Promise<ServerCertificate> {
  const keys = await makeKeys();
  return toServerCertificate(
    await x509.X509CertificateGenerator.createSelfSigned({
      ...validity(options),
      serialNumber: '03',
      name: 'CN=Tested service',
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: serverExtensions(options),
    }),
    keys,
  );
}

function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

/** Certificates have a resolution of seconds. */
function validity({ beginsInDays = -10, endsInDays = 365 }: CertificateOptions): { notBefore: Date; notAfter: Date } {
  const now = Math.floor(Date.now() / 1_000) * 1_000;
  return { notBefore: new Date(now + beginsInDays * DAY_MS), notAfter: new Date(now + endsInDays * DAY_MS) };
}

function authorityExtensions(): x509.Extension[] {
  return [
    new x509.BasicConstraintsExtension(true, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
  ];
}

function serverExtensions({ names = LOOPBACK_NAMES }: CertificateOptions): x509.Extension[] {
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension([...names]),
  ];
}

async function toServerCertificate(
  certificate: x509.X509Certificate,
  { privateKey }: webcrypto.CryptoKeyPair,
): Promise<ServerCertificate> {
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', privateKey)).toString('base64');
  return {
    cert: certificate.toString('pem'),
    key: `-----BEGIN PRIVATE KEY-----\n${key.replace(/.{64}/g, '$&\n').trimEnd()}\n-----END PRIVATE KEY-----\n`,
    endsAt: certificate.notAfter.getTime(),
  };
}
