import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from 'jose';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';

interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

/** OpenID Connect issuer: publishes its public keys over HTTP, and signs with the latest. */
export class JwksIssuer {
  readonly issuer = 'https://login.penguin.example/';
  readonly audience = 'penguin-pool';
  /** Number of requests for the keys. */
  requests = 0;
  /** Header `authorization` of the last request. */
  authorization: string | undefined;
  /** Bytes that the response has beside the keys. */
  padding = 0;
  /** Response status; anything but 200 is sent without the keys. */
  status = 200;
  #keys: SigningKey[] = [];
  #server: Server | undefined;
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}/jwks.json`;
  }

  get trust(): {
    readonly kind: 'published';
    readonly url: string;
    readonly issuer: string;
    readonly audience: string;
  } {
    return { kind: 'published', url: this.url, issuer: this.issuer, audience: this.audience };
  }

  async start(): Promise<void> {
    const server = createServer(({ headers }, response) => {
      this.requests++;
      this.authorization = headers.authorization;
      if (this.status !== 200) return response.writeHead(this.status).end();
      return response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ keys: this.#keys.map(({ jwk }) => jwk), padding: ' '.repeat(this.padding) }));
    });
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }

  /** Signs with a new key from now on; the old ones stay published. */
  async addKey(kid: string, alg = 'RS256'): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    this.#keys.unshift({
      kid,
      alg,
      privateKey,
      publicKey,
      jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' },
    });
  }

  /** Stops publishing a key. */
  withdraw(kid: string): void {
    this.#keys = this.#keys.filter((key) => key.kid !== kid);
  }

  get current(): SigningKey {
    const key = this.#keys[0];
    if (!key) throw new Error('the issuer has no key; call addKey first');
    return key;
  }

  /** The public key as SPKI PEM. */
  publicKeyPem(): Promise<string> {
    return exportSPKI(this.current.publicKey);
  }

  /** Adds claims to issuer, audience, subject `alice` and an expiry in an hour; `undefined` removes one. */
  token(
    claims: Readonly<Record<string, unknown>> = {},
    header: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    const { alg, kid, privateKey } = this.current;
    const now = Math.floor(Date.now() / 1_000);
    return new SignJWT({ iss: this.issuer, aud: this.audience, sub: 'alice', iat: now, exp: now + 3_600, ...claims })
      .setProtectedHeader({ alg, kid, ...header })
      .sign(privateKey);
  }
}
