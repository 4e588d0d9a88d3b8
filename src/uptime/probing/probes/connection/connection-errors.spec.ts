import { describeConnectionError, isClosing, isOfTheTarget, ProbeFailure } from './connection-errors.js';
import { endpointOf } from './target-url.js';

const ENDPOINT = 'db.example:5432';

function failing(code: string): Error {
  return Object.assign(new Error('postgres://jane:secret@db.example/'), { code });
}

describe('the errors of connections, for a person', () => {
  it.each([
    ['ECONNREFUSED', 'connection refused by db.example:5432'],
    ['ECONNRESET', 'connection closed by db.example:5432 before it had answered'],
    ['ENOTFOUND', 'no address found for db.example:5432'],
    ['EAI_AGAIN', 'no address found for db.example:5432: the name service does not answer'],
    ['EHOSTUNREACH', 'db.example:5432 cannot be reached'],
    ['ETIMEDOUT', 'no connection to db.example:5432: it does not answer'],
    ['EMFILE', 'this machine has no room for a connection to db.example:5432'],
    ['EPERM', 'this machine does not allow a connection to db.example:5432'],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'TLS with db.example:5432 failed: protocol version'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'TLS with db.example:5432 failed: certificate required'],
    ['ERR_SSL_DH_KEY_TOO_SMALL', 'TLS with db.example:5432 failed: dh key too small'],
    ['HPE_INVALID_VERSION', 'db.example:5432 answered something that is not HTTP'],
    ['ESOMETHING', 'the connection to db.example:5432 failed (ESOMETHING)'],
  ])('%s: %s', (code, text) => {
    expect(describeConnectionError(failing(code), ENDPOINT)).toBe(text);
  });

  it('tell nothing of an error that is not known but that it is one', () => {
    expect(describeConnectionError(new Error('secret'), ENDPOINT)).toBe('the connection to db.example:5432 failed');
    expect(describeConnectionError('secret', ENDPOINT)).toBe('the connection to db.example:5432 failed');
  });

  it('are short', () => {
    expect(describeConnectionError(new ProbeFailure('x'.repeat(1_000)), ENDPOINT)).toHaveLength(200);
  });

  it('are told from mistakes of the probe, and closed connections from others', () => {
    expect(
      [failing('EPIPE'), failing('ERR_SSL_NO_CIPHERS'), failing('HPE_INVALID_VERSION'), new ProbeFailure('x')].map(
        isOfTheTarget,
      ),
    ).toEqual([true, true, true, true]);
    expect([failing('ERR_INVALID_ARG_TYPE'), new TypeError('x is undefined'), undefined].map(isOfTheTarget)).toEqual([
      false,
      false,
      false,
    ]);
    expect(
      [failing('EPIPE'), failing('ECONNRESET'), failing('ECONNREFUSED'), new ProbeFailure('x')].map(isClosing),
    ).toEqual([true, true, false, false]);
  });

  it('name the port of a URL also where it is the usual one', () => {
    expect(
      ['http://a/x?y', 'https://a', 'ws://a:81', 'wss://[::1]/', 'http://jane:secret@a/'].map((url) =>
        endpointOf(new URL(url)),
      ),
    ).toEqual(['a:80', 'a:443', 'a:81', '[::1]:443', 'a:80']);
  });
});
