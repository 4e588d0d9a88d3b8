import fc from 'fast-check';
import { AuthenticationError } from '../event-store/domain/index.js';
import { Authenticator } from './authenticator.js';
import { type Credentials, credentialsOf } from './credentials.js';
import { SelfProbeCredential } from './self-probe-credential.js';
import { TokenVerifier } from './tokens/token-verifier.js';

type Headers = readonly (readonly [name: string, value: string])[];

/** A request as Node parses it: drops a second Authorization header, joins other repeated headers. */
function requestWith(...headers: Headers): Parameters<typeof credentialsOf>[0] {
  const parsed: Record<string, string> = {};
  for (const [name, value] of headers) {
    const previous = parsed[name.toLowerCase()];
    if (previous === undefined) parsed[name.toLowerCase()] = value;
    else if (name.toLowerCase() !== 'authorization') parsed[name.toLowerCase()] = `${previous}, ${value}`;
  }
  return { headers: parsed, rawHeaders: headers.flat() };
}

const neverChanges = () => () => undefined;
const KEY = `pps_${'a'.repeat(12)}_${'b'.repeat(43)}`;

describe('the credentials of a request', () => {
  it.each<[string, Headers, Credentials | undefined]>([
    [
      'nothing',
      [
        ['Host', 'x'],
        ['X-API-Kay', 'y'],
      ],
      undefined,
    ],
    ['a token', [['Authorization', 'Bearer abc.def.ghi']], { kind: 'token', token: 'abc.def.ghi' }],
    [
      'a token, with the scheme in any case and several spaces',
      [['authorization', 'bEARER   abc=']],
      { kind: 'token', token: 'abc=' },
    ],
    ['an API key as a token', [['Authorization', `Bearer ${KEY}`]], { kind: 'api-key', key: KEY }],
    ['an API key', [['X-API-Key', KEY]], { kind: 'api-key', key: KEY }],
  ])('are %s', (_, headers, expected) => {
    expect(credentialsOf(requestWith(...headers))).toEqual(expected);
  });

  it.each<[string, Headers, RegExp]>([
    [
      'both headers',
      [
        ['Authorization', 'Bearer a'],
        ['X-API-Key', KEY],
      ],
      /both Authorization and X-API-Key; send one/,
    ],
    [
      'two tokens',
      [
        ['Authorization', 'Bearer a'],
        ['authorization', 'Bearer b'],
      ],
      /more than once; send one/,
    ],
    [
      'two API keys',
      [
        ['X-API-Key', KEY],
        ['x-api-key', KEY],
      ],
      /more than once; send one/,
    ],
    ['a password', [['Authorization', 'Basic YTpi']], /send `Authorization: Bearer`/],
    ['a scheme alone', [['Authorization', 'Bearer']], /send `Authorization: Bearer`/],
    ['nothing after the scheme', [['Authorization', 'Bearer ']], /send `Authorization: Bearer`/],
    ['an empty header', [['Authorization', '']], /send `Authorization: Bearer`/],
    ['two tokens in one', [['Authorization', 'Bearer a, Bearer b']], /send `Authorization: Bearer`/],
    ['a token without scheme', [['Authorization', 'abc.def.ghi']], /send `Authorization: Bearer`/],
  ])('are rejected for %s', (_, headers, message) => {
    expect(() => credentialsOf(requestWith(...headers))).toThrow(AuthenticationError);
    expect(() => credentialsOf(requestWith(...headers))).toThrow(message);
  });

  it('yield an AuthenticationError for any malformed header', async () => {
    const clock = { now: () => Date.now(), monotonic: () => performance.now() };
    const tokens = new TokenVerifier(
      { kind: 'shared', secret: new Uint8Array(32), issuer: undefined, audience: undefined },
      { claims: { userClaim: 'sub', rolesClaim: 'roles' }, clock },
    );
    const apiKeys = {
      listen: neverChanges,
      verify: () => {
        throw new AuthenticationError('unknown');
      },
    };
    const authenticator = new Authenticator(tokens, apiKeys, new SelfProbeCredential());
    const base64url = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('base64url'));
    const jsonPart = fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value)).toString('base64url'));
    const header = fc
      .record(
        { alg: fc.constantFrom('none', 'HS256', 'RS256', '', 'hs256'), typ: fc.constant('JWT') },
        { requiredKeys: [] },
      )
      .map((value) => Buffer.from(JSON.stringify(value)).toString('base64url'));
    const token = fc
      .tuple(fc.oneof(header, base64url, jsonPart), fc.oneof(jsonPart, base64url), base64url)
      .map((parts) => parts.join('.'));
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string().map((text) => `Bearer ${text}`),
      token.map((text) => `Bearer ${text}`),
      fc.constantFrom('Bearer own-', 'Bearer pps_', 'Bearer ..', 'Bearer a.b.c.d.e'),
    );
    await fc.assert(
      fc.asyncProperty(value, async (authorization) => {
        const { failure } = await authenticator.identify(requestWith(['Authorization', authorization]));
        expect(failure).toBeInstanceOf(AuthenticationError);
        expect(failure?.message.length).toBeLessThan(200);
      }),
      { numRuns: 500 },
    );
  });

  it('of the self-probe identify the system, and similar ones are rejected', async () => {
    const own = new SelfProbeCredential();
    const refuse = { verify: () => Promise.reject(new AuthenticationError('no')) };
    const authenticator = new Authenticator(refuse, { verify: () => own.caller, listen: neverChanges }, own);
    expect(authenticator.identify(requestWith(['Authorization', own.authorization]))).toEqual({
      caller: { kind: 'known', id: 'system', roles: new Set(['user', 'system']) },
    });
    for (const wrong of [
      new SelfProbeCredential().authorization,
      own.authorization.slice(0, -1),
      `${own.authorization}x`,
    ]) {
      expect((await authenticator.identify(requestWith(['Authorization', wrong]))).failure).toBeInstanceOf(
        AuthenticationError,
      );
    }
  });

  it('are not verified if there are none', () => {
    const refuse = {
      listen: neverChanges,
      verify: () => {
        throw new Error('must not be called');
      },
    };
    expect(new Authenticator(refuse, refuse, new SelfProbeCredential()).identify(requestWith(['Host', 'x']))).toEqual({
      caller: { kind: 'anonymous' },
    });
  });
});
