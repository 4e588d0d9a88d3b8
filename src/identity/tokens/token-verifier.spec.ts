import { SignJWT } from 'jose';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:net';
import { inspect } from 'node:util';
import { JwksIssuer } from '../../../test/support/jwks-issuer.js';
import { ShiftedClock } from '../../../test/support/shifted-clock.js';
import { LoopbackServers } from '../../../test/support/loopback-servers.js';
import { NameServer } from '../../../test/support/name-server.js';
import { NameResolver } from '../../common/network/name-resolver.js';
import { AuthenticationError, ConnectionError, type AuthenticatedCaller } from '../../event-store/domain/index.js';
import { TokenIssuer } from './token-issuer.js';
import { type TokenKeys } from './token-keys.js';
import { TokenVerifier } from './token-verifier.js';

const CLAIMS = { userClaim: 'sub', rolesClaim: 'roles' };
const HOUR = 3_600;
const seconds = (): number => Math.floor(Date.now() / 1_000);
const base64url = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

describe('bearer tokens', () => {
  let clock: ShiftedClock;
  beforeEach(() => (clock = new ShiftedClock()));

  const refusal = async (verifier: TokenVerifier, token: string): Promise<string> => {
    const error: unknown = await Promise.resolve(verifier.verify(token)).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(AuthenticationError);
    const { message } = error as AuthenticationError;
    // The message is logged, so it must not contain a part of the token.
    for (const part of token.split('.').filter(({ length }) => length > 8)) expect(message).not.toContain(part);
    return message;
  };

  describe('of an issuer that publishes its keys', () => {
    const issuer = new JwksIssuer();
    const servers = new LoopbackServers();
    let verifier: TokenVerifier;

    beforeAll(async () => {
      await issuer.addKey('first');
      await issuer.start();
    });
    afterAll(() => issuer.stop());
    beforeEach(() => {
      verifier = new TokenVerifier(issuer.trust, { claims: CLAIMS, clock, cooldownMs: 0 });
    });

    it('are verified by keys of a host that the configured name server knows', async () => {
      const nameServer = await NameServer.start({ 'login.example': { A: ['127.0.0.1'] } });
      const names = new NameResolver(nameServer.files);
      const url = issuer.url.replace('127.0.0.1', 'login.example');
      const byName = new TokenVerifier({ ...issuer.trust, url }, { claims: CLAIMS, clock, names });
      expect(await byName.verify(await issuer.token())).toMatchObject({ id: 'alice' });
      expect(nameServer.questions).toContain('A login.example');
      nameServer.stop();
    });

    it('name their caller, and are cached for 30 seconds', async () => {
      const token = await issuer.token({ roles: ['admin'] });
      const first = verifier.verify(token);
      expect(first).toBeInstanceOf(Promise);
      expect(await first).toMatchObject({
        kind: 'known',
        id: 'alice',
        roles: new Set(['user', 'admin']),
        expiresAt: expect.any(Number) as number,
      });
      expect(verifier.verify(token)).toBe(await first);
      clock.aheadMs = 31_000;
      expect(verifier.verify(token)).toBeInstanceOf(Promise);
    });

    it.each(['ES256', 'PS256', 'EdDSA'])('may be signed by %s', async (alg) => {
      await issuer.addKey(alg, alg);
      expect(await verifier.verify(await issuer.token())).toMatchObject({ id: 'alice' });
      issuer.withdraw(alg);
    });

    it('are accepted with a new key, which the first of them causes to be fetched', async () => {
      await verifier.verify(await issuer.token());
      const before = issuer.requests;
      await issuer.addKey('second');
      expect(await verifier.verify(await issuer.token())).toMatchObject({ id: 'alice' });
      expect(issuer.requests).toBe(before + 1);
      await verifier.verify(await issuer.token({ sub: 'bob' }));
      expect(issuer.requests).toBe(before + 1);
      issuer.withdraw('second');
    });

    it('with unknown key ids do not cause a fetch during the cooldown', async () => {
      const calm = new TokenVerifier(issuer.trust, { claims: CLAIMS, clock, cooldownMs: 60_000 });
      await calm.verify(await issuer.token());
      const before = issuer.requests;
      for (let attempt = 0; attempt < 20; attempt++)
        expect(await refusal(calm, await issuer.token({}, { kid: `made-up-${attempt}` }))).toMatch(
          /does not publish; get a new one/,
        );
      expect(issuer.requests).toBe(before);
    });

    it('share one request for the keys when they arrive concurrently', async () => {
      const before = issuer.requests;
      const tokens = await Promise.all(
        Array.from({ length: 50 }, (_, index) => issuer.token({ sub: `user-${index}` })),
      );
      const callers = await Promise.all(tokens.map(async (token) => verifier.verify(token)));
      expect(callers.map(({ id }: AuthenticatedCaller) => id)).toContain('user-49');
      expect(issuer.requests).toBe(before + 1);
    });

    it.each<[string, Record<string, unknown>, RegExp]>([
      ['has expired', { exp: seconds() - 10 }, /has expired; get a new one/],
      ['has no expiry', { exp: undefined }, /has no expiry/],
      ['has an expiry that is not a number', { exp: 'tomorrow' }, /has no expiry/],
      ['is not valid yet', { nbf: seconds() + HOUR }, /not valid yet/],
      ['is for another audience', { aud: 'another-shop' }, /for another audience; get one for 'penguin-pool'/],
      ['has no audience', { aud: undefined }, /for another audience/],
      ['is from another issuer', { iss: 'https://evil.example/' }, /from another issuer; get one from/],
      ['has no issuer', { iss: undefined }, /from another issuer/],
      ['has no user id', { sub: undefined }, /'sub' must be the user's id/],
      ['names a role instead of a user', { sub: 'system' }, /cannot be a user's id/],
    ])('are rejected with a remedy if one %s', async (_, claims, message) => {
      expect(await refusal(verifier, await issuer.token(claims))).toMatch(message);
    });

    it('may name several audiences, and tolerate clocks that differ by seconds', async () => {
      expect(await verifier.verify(await issuer.token({ aud: ['another-shop', 'penguin-pool'] }))).toMatchObject({
        id: 'alice',
      });
      expect(await verifier.verify(await issuer.token({ exp: seconds() - 2, nbf: seconds() + 2 }))).toMatchObject({
        id: 'alice',
      });
    });

    it('are rejected without a signature (alg: none), in any letter case', async () => {
      const [, payload] = (await issuer.token({ roles: ['admin'] })).split('.');
      for (const alg of ['none', 'None', 'NONE', 'nOnE'])
        expect(await refusal(verifier, `${base64url({ alg, typ: 'JWT' })}.${payload}.`)).toMatch(
          /algorithm that is not accepted|neither a signed JWT/,
        );
    });

    it('are rejected if the public key was used as a shared secret', async () => {
      const pem = await issuer.publicKeyPem();
      const { kid, jwk } = issuer.current;
      const [, payload] = (await issuer.token({ roles: ['admin'] })).split('.');
      for (const secret of [pem, pem.trim(), JSON.stringify(jwk), String(jwk.n)]) {
        const signed = `${base64url({ alg: 'HS256', kid })}.${payload}`;
        expect(
          await refusal(verifier, `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`),
        ).toMatch(/algorithm that is not accepted; use one of RS256/);
      }
    });

    it('are rejected with an embedded key in the header', async () => {
      const other = new JwksIssuer();
      await other.addKey('first');
      const { jwk, privateKey } = other.current;
      const forged = await new SignJWT({
        iss: issuer.issuer,
        aud: issuer.audience,
        sub: 'alice',
        exp: seconds() + HOUR,
      })
        .setProtectedHeader({ alg: 'RS256', kid: 'first', jwk, jku: 'http://127.0.0.1:1/' })
        .sign(privateKey);
      expect(await refusal(verifier, forged)).toMatch(/signature is wrong/);
    });

    it('are rejected if they were truncated or modified', async () => {
      const token = await issuer.token();
      for (let length = 0; length < token.length; length += 37) await refusal(verifier, token.slice(0, length));
      // Not the last character: base64 ignores some of its bits.
      for (let index = 0; index < token.length - 1; index += 41)
        await refusal(verifier, `${token.slice(0, index)}${token[index] === 'A' ? 'B' : 'A'}${token.slice(index + 1)}`);
      for (const garbage of ['', '.', '..', 'a.b.c', `${token}.${token}`, 'null', base64url('{}')])
        await refusal(verifier, garbage);
    });

    it('fail with ConnectionError while the issuer is unavailable, with a pause between requests', async () => {
      const known = new TokenVerifier(issuer.trust, { claims: CLAIMS, clock, cooldownMs: 0 });
      await known.verify(await issuer.token());
      const token = await issuer.token({ sub: 'bob' });
      await issuer.stop();
      await expect(verifier.verify(token)).rejects.toThrow(ConnectionError);
      await expect(verifier.verify(token)).rejects.toThrow(/the issuer's keys cannot be fetched.*AUTH_JWKS_URL/);
      // This verifier has the keys in its cache.
      expect(await known.verify(token)).toMatchObject({ id: 'bob' });
      await issuer.start();
      const before = issuer.requests;
      await expect(verifier.verify(token)).rejects.toThrow(ConnectionError);
      expect(issuer.requests).toBe(before);
      clock.aheadMs = 2_100;
      expect(await verifier.verify(token)).toMatchObject({ id: 'bob' });
    });

    it.each([404, 500, 302])('fail with ConnectionError while the issuer responds with %i', async (status) => {
      issuer.status = status;
      await expect(verifier.verify(await issuer.token())).rejects.toThrow(ConnectionError);
      issuer.status = 200;
    });

    it('are verified with keys behind a user and a password, which no message shows', async () => {
      const url = issuer.url.replace('//', '//penguin:p%40ss@');
      const verifierOf = (trust: TokenKeys): TokenVerifier => new TokenVerifier(trust, { claims: CLAIMS, clock });
      expect(await verifierOf({ ...issuer.trust, url }).verify(await issuer.token())).toMatchObject({ id: 'alice' });
      expect(issuer.authorization).toBe(`Basic ${Buffer.from('penguin:p@ss').toString('base64')}`);
      issuer.status = 500;
      const failing = Promise.resolve(verifierOf({ ...issuer.trust, url }).verify(await issuer.token()));
      const error: unknown = await failing.catch((reason: unknown) => reason);
      issuer.status = 200;
      expect(error).toBeInstanceOf(ConnectionError);
      expect(inspect(error, { depth: 10 })).not.toMatch(/p%40ss|p@ss/);
    });

    it('fail with ConnectionError if the body of the issuer is larger than 1 MiB', async () => {
      issuer.padding = 1_048_576;
      const limited = new TokenVerifier(issuer.trust, { claims: CLAIMS, clock });
      await expect(limited.verify(await issuer.token())).rejects.toThrow(ConnectionError);
      issuer.padding = 1_000_000;
      clock.aheadMs += 10_000;
      expect(await limited.verify(await issuer.token())).toMatchObject({ id: 'alice' });
      issuer.padding = 0;
    });

    it('fail with ConnectionError after the timeout if the issuer does not respond', async () => {
      const endpoint = await servers.listen(createServer((socket) => socket.resume()));
      const waiting = new TokenVerifier(
        { ...issuer.trust, url: `http://${endpoint}/` },
        { claims: CLAIMS, clock, timeoutMs: 200 },
      );
      const start = performance.now();
      await expect(waiting.verify(await issuer.token())).rejects.toThrow(ConnectionError);
      expect(performance.now() - start).toBeLessThan(2_000);
    });
  });

  describe('of a shared secret', () => {
    const shared = (
      more: Partial<Extract<TokenKeys, { kind: 'shared' }>> = {},
    ): Extract<TokenKeys, { kind: 'shared' }> => ({
      kind: 'shared',
      secret: Buffer.from('a secret that is long enough, for a test'),
      issuer: undefined,
      audience: undefined,
      ...more,
    });
    const verifierOf = (keys: TokenKeys): TokenVerifier => new TokenVerifier(keys, { claims: CLAIMS, clock });
    const issue = (keys: TokenKeys, expiresInSeconds = HOUR): Promise<string> =>
      new TokenIssuer(keys, CLAIMS, clock).issueToken({ user: 'alice', roles: ['admin'], expiresInSeconds });

    it('that this service issues name the user, and issuer and audience if configured', async () => {
      for (const keys of [shared(), shared({ issuer: 'i', audience: 'a' })]) {
        expect(await verifierOf(keys).verify(await issue(keys))).toMatchObject({
          id: 'alice',
          roles: new Set(['user', 'admin']),
        });
      }
      expect(await refusal(verifierOf(shared({ issuer: 'i', audience: 'a' })), await issue(shared()))).toMatch(
        /another (issuer|audience)/,
      );
      expect(await refusal(verifierOf(shared({ audience: 'a' })), await issue(shared({ audience: 'b' })))).toMatch(
        /for another audience; get one for 'a'/,
      );
    });

    it('use the configured claims, also nested ones', async () => {
      const claims = { userClaim: 'email', rolesClaim: 'realm_access.roles' };
      const token = await new TokenIssuer(shared(), claims, clock).issueToken({
        user: 'alice',
        roles: ['system'],
        expiresInSeconds: 60,
      });
      expect(await new TokenVerifier(shared(), { claims, clock }).verify(token)).toMatchObject({
        id: 'alice',
        roles: new Set(['user', 'system']),
      });
    });

    it.each(['HS256', 'HS384', 'HS512'])('may be signed by %s', async (alg) => {
      const token = await new SignJWT({ sub: 'alice', exp: seconds() + 60 })
        .setProtectedHeader({ alg })
        .sign(shared().secret);
      expect(await verifierOf(shared()).verify(token)).toMatchObject({ id: 'alice' });
    });

    it('are rejected with another secret, without a signature, and with a key pair', async () => {
      const issuer = new JwksIssuer();
      await issuer.addKey('first');
      expect(await refusal(verifierOf(shared()), await issue(shared({ secret: Buffer.alloc(32) })))).toMatch(
        /signature is wrong/,
      );
      expect(
        await refusal(
          verifierOf(shared()),
          `${base64url({ alg: 'none' })}.${base64url({ sub: 'alice', exp: seconds() + 60 })}.`,
        ),
      ).toMatch(/not accepted|neither/);
      expect(await refusal(verifierOf(shared()), await issuer.token())).toMatch(
        /algorithm that is not accepted; use one of HS256, HS384, HS512/,
      );
    });

    it('are rejected after their expiry, also cached ones', async () => {
      const verifier = verifierOf(shared());
      const token = await issue(shared(), 10);
      expect(await verifier.verify(token)).toMatchObject({ id: 'alice' });
      clock.aheadMs = 16_000;
      expect(await refusal(verifier, token)).toMatch(/has expired/);
    });
  });

  it('cannot be issued here if an external issuer is configured', () => {
    const keys = {
      kind: 'published',
      url: 'http://127.0.0.1:1/',
      issuer: 'https://login.penguin.example/',
      audience: 'a',
    } as const;
    expect(() =>
      new TokenIssuer(keys, CLAIMS, clock).issueToken({ user: 'alice', roles: [], expiresInSeconds: 60 }),
    ).toThrow("Tokens are issued by 'https://login.penguin.example/'");
  });
});
