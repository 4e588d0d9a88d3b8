import { describeConnectionError, isConnectionClosed, isTargetFailure, ProbeFailure } from './connection-errors.js';
import { hostPortOf } from './target-url.js';

const ENDPOINT = 'db.example:5432';

function failing(code: string): Error {
  return Object.assign(new Error('postgres://jane:secret@db.example/'), { code });
}

describe('describeConnectionError', () => {
  it.each([
    ['ECONNREFUSED', 'connection refused by db.example:5432'],
    ['ECONNRESET', 'connection closed by db.example:5432 before a response'],
    ['ENOTFOUND', 'no address found for db.example:5432'],
    ['EAI_AGAIN', 'no address found for db.example:5432: the DNS server did not respond'],
    ['EHOSTUNREACH', 'db.example:5432 is unreachable'],
    ['ETIMEDOUT', 'connection to db.example:5432 timed out'],
    ['EMFILE', 'out of local resources for a connection to db.example:5432'],
    ['EPERM', 'the local system does not permit a connection to db.example:5432'],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'TLS with db.example:5432 failed: protocol version'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'TLS with db.example:5432 failed: certificate required'],
    ['ERR_SSL_DH_KEY_TOO_SMALL', 'TLS with db.example:5432 failed: dh key too small'],
    ['HPE_INVALID_VERSION', 'the response of db.example:5432 is not HTTP'],
    ['ESOMETHING', 'the connection to db.example:5432 failed (ESOMETHING)'],
  ])('%s: %s', (code, text) => {
    expect(describeConnectionError(failing(code), ENDPOINT)).toBe(text);
  });

  it('discloses nothing about an unknown error', () => {
    expect(describeConnectionError(new Error('secret'), ENDPOINT)).toBe('the connection to db.example:5432 failed');
    expect(describeConnectionError('secret', ENDPOINT)).toBe('the connection to db.example:5432 failed');
  });

  it('truncates long errors', () => {
    expect(describeConnectionError(new ProbeFailure('x'.repeat(1_000)), ENDPOINT)).toHaveLength(200);
  });

  it('is used for failures of the target, not for bugs of the probe; closed connections are recognized', () => {
    expect(
      [failing('EPIPE'), failing('ERR_SSL_NO_CIPHERS'), failing('HPE_INVALID_VERSION'), new ProbeFailure('x')].map(
        isTargetFailure,
      ),
    ).toEqual([true, true, true, true]);
    expect([failing('ERR_INVALID_ARG_TYPE'), new TypeError('x is undefined'), undefined].map(isTargetFailure)).toEqual([
      false,
      false,
      false,
    ]);
    expect(
      [failing('EPIPE'), failing('ECONNRESET'), failing('ECONNREFUSED'), new ProbeFailure('x')].map(isConnectionClosed),
    ).toEqual([true, true, false, false]);
  });

  it('names the port of a URL even if it is the default one', () => {
    expect(
      ['http://a/x?y', 'https://a', 'ws://a:81', 'wss://[::1]/', 'http://jane:secret@a/'].map((url) =>
        hostPortOf(new URL(url)),
      ),
    ).toEqual(['a:80', 'a:443', 'a:81', '[::1]:443', 'a:80']);
  });
});
