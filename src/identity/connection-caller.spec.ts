import {
  AuthenticationError,
  type AuthenticatedCaller,
  ANONYMOUS,
  ConnectionError,
} from '../event-store/domain/index.js';
import { Authenticator } from './authenticator.js';
import { ConnectionCaller } from './connection-caller.js';
import { SelfProbeCredential } from './self-probe-credential.js';

const REQUEST = { headers: { 'x-api-key': 'key' }, rawHeaders: ['X-API-Key', 'key'] };
const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const callerWith = (more: Partial<AuthenticatedCaller> = {}): AuthenticatedCaller => ({
  kind: 'known',
  id: 'key:importer',
  roles: new Set(['user'] as const),
  ...more,
});

describe('the caller of a connection that stays open', () => {
  /** What the verification of the credentials gives: a caller, or an error that is thrown. */
  let now: AuthenticatedCaller | Error;
  let listeners: Set<() => void>;
  let authenticator: Authenticator;

  beforeEach(() => {
    now = callerWith();
    listeners = new Set();
    const verify = (): AuthenticatedCaller => {
      if (now instanceof Error) throw now;
      return now;
    };
    const listen = (listener: () => void): (() => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    };
    authenticator = new Authenticator(
      { verify: async () => Promise.resolve(verify()) },
      { verify, listen },
      new SelfProbeCredential(),
    );
  });
  afterEach(() => jest.useRealTimers());

  const connectionOf = (caller = callerWith(), request = REQUEST): ConnectionCaller =>
    new ConnectionCaller(authenticator, request, caller, clock);

  it('has the roles of now', () => {
    const connection = connectionOf();
    now = callerWith({ roles: new Set(['user', 'system']) });
    expect(connection.current()).toEqual({ caller: now });
  });

  it('ends when the credentials are rejected, and is notified when API keys change', () => {
    const connection = connectionOf();
    const changes: unknown[] = [];
    const stop = connection.listen(() => changes.push(connection.current()));
    now = new AuthenticationError('The API key has been revoked');
    for (const listener of listeners) listener();
    expect(changes).toEqual([{ end: 'credentials-revoked' }]);
    stop();
    expect(listeners.size).toBe(0);
  });

  it('ends when a token is rejected that has to be verified again', async () => {
    const request = {
      headers: { authorization: 'Bearer a.b.c' },
      rawHeaders: ['Authorization', 'Bearer a.b.c'],
    } as const;
    const connection = new ConnectionCaller(
      authenticator,
      { ...request, rawHeaders: [...request.rawHeaders] },
      callerWith(),
      clock,
    );
    expect(await connection.current()).toEqual({ caller: now });
    now = new AuthenticationError('signed by a key that was withdrawn');
    expect(await connection.current()).toEqual({ end: 'credentials-revoked' });
  });

  it('throws ConnectionError while the credentials cannot be verified', () => {
    const connection = connectionOf();
    now = new ConnectionError('API keys cannot be verified');
    expect(() => connection.current()).toThrow(ConnectionError);
  });

  it.each([1_000, 3_000_000_000])('ends when the credentials expire, after %i ms', (lifetimeMs) => {
    jest.useFakeTimers();
    const connection = connectionOf(callerWith({ expiresAt: Date.now() + lifetimeMs }));
    let changes = 0;
    const stop = connection.listen(() => changes++);
    jest.advanceTimersByTime(lifetimeMs - 1);
    expect(changes).toBe(0);
    expect(connection.current()).toEqual({ caller: now });
    jest.advanceTimersByTime(1);
    expect(changes).toBe(1);
    expect(connection.current()).toEqual({ end: 'credentials-expired' });
    stop();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('asks nothing for an unauthenticated one', () => {
    now = new AuthenticationError('must not be asked');
    const connection = new ConnectionCaller(authenticator, REQUEST, ANONYMOUS, clock);
    expect(connection.current()).toEqual({ caller: ANONYMOUS });
    connection.listen(() => undefined);
    expect(listeners.size).toBe(0);
  });
});
