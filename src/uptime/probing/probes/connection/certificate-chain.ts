import { X509Certificate } from 'node:crypto';
import * as tls from 'node:tls';
import { type TLSSocket } from 'node:tls';

/** A certificate of the chain that a server presented. */
export interface ChainCertificate {
  /** Common name of its subject, or the whole subject without one. */
  readonly name: string;
  /** In milliseconds since 1970. */
  readonly endsAt: number;
  /** Whether it is that of the server itself. */
  readonly isLeaf: boolean;
}

/** Finds trusted roots by their subject. */
export type FindRoots = (subject: string) => readonly X509Certificate[];

let trustedRoots: ReadonlyMap<string, readonly X509Certificate[]> | undefined;

/** The certificate that ends first of the chain of a connection; undefined without a certificate. */
export function earliestCertificate(socket: TLSSocket): ChainCertificate | undefined {
  const chain = presentedChain(socket);
  const earliest = earliestOf(chain);
  // Reading the trusted roots takes tens of milliseconds, and the leaf nearly always ends first.
  if (!socket.authorized || earliest === undefined || earliest.isLeaf) return earliest;
  return earliestOf(trustedChain(chain, findTrustedRoots));
}

/**
 * The part of a chain that verification uses: it ends at the first certificate that a trusted root has signed, although
 * the server may have sent a cross-signed certificate of that root, which ends earlier. OpenSSL tries roots first.
 *
 * @param chain leaf first
 */
export function trustedChain(chain: readonly X509Certificate[], findRoots: FindRoots): readonly X509Certificate[] {
  for (const [index, certificate] of chain.entries()) {
    const roots = findRoots(certificate.issuer).filter((root) => isSignedBy(certificate, root));
    const [latest] = roots.sort((one, other) => endOf(other) - endOf(one));
    if (latest) return [...chain.slice(0, index + 1), latest];
  }
  return chain;
}

/** @param chain leaf first */
export function earliestOf(chain: readonly X509Certificate[]): ChainCertificate | undefined {
  const ends = chain.map((certificate, index) => ({
    name: nameOf(certificate),
    endsAt: endOf(certificate),
    isLeaf: index === 0,
  }));
  return ends.reduce<ChainCertificate | undefined>(
    (earliest, one) => (earliest === undefined || one.endsAt < earliest.endsAt ? one : earliest),
    undefined,
  );
}

/** Leaf first, then the issuers that were sent, and the last one's if it is trusted. */
function presentedChain(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  // Without a certificate, Node returns an empty object.
  for (let next: Partial<tls.DetailedPeerCertificate> | undefined = socket.getPeerCertificate(true); next?.raw;) {
    chain.push(new X509Certificate(next.raw));
    next = next.issuerCertificate === next ? undefined : next.issuerCertificate;
  }
  return chain;
}

function findTrustedRoots(subject: string): readonly X509Certificate[] {
  trustedRoots ??= groupRoots();
  return trustedRoots.get(subject) ?? [];
}

function groupRoots(): ReadonlyMap<string, readonly X509Certificate[]> {
  const groups = new Map<string, X509Certificate[]>();
  for (const pem of trustedPems()) {
    const root = new X509Certificate(pem);
    groups.set(root.subject, [...(groups.get(root.subject) ?? []), root]);
  }
  return groups;
}

/** Since Node 22.15 with those of NODE_EXTRA_CA_CERTS. */
function trustedPems(): readonly string[] {
  const getCACertificates: unknown = Reflect.get(tls, 'getCACertificates');
  return isGetter(getCACertificates) ? getCACertificates('default') : tls.rootCertificates;
}

function isGetter(value: unknown): value is (type: 'default') => readonly string[] {
  return typeof value === 'function';
}

function isSignedBy(certificate: X509Certificate, root: X509Certificate): boolean {
  return certificate.checkIssued(root) && certificate.verify(root.publicKey);
}

function endOf({ validTo }: X509Certificate): number {
  return Date.parse(validTo);
}

function nameOf({ subject }: X509Certificate): string {
  return /^CN=(.+)$/m.exec(subject)?.[1] ?? subject.replaceAll('\n', ', ');
}
