import { withoutCredentials, withoutSecrets } from './logging.js';

describe('withoutCredentials', () => {
  it.each([
    ['kurrentdb://admin:changeit@host:2113?tls=true', 'kurrentdb://[redacted]@host:2113?tls=true'],
    ['kurrentdb+discover://admin:p%40ss@a:2113,b:2113', 'kurrentdb+discover://[redacted]@a:2113,b:2113'],
    ['tried http://u:p@a/ and https://v:q@b/', 'tried http://[redacted]@a/ and https://[redacted]@b/'],
    ['https://:secret@host/jwks', 'https://[redacted]@host/jwks'],
    ['http://user@host/', 'http://user@host/'],
    ['http://host:8080/a@b', 'http://host:8080/a@b'],
    ['mail a:b@c', 'mail a:b@c'],
  ])('redacts the credentials of URLs in %p', (text, logged) => {
    expect(withoutCredentials(text)).toBe(logged);
  });
});

describe('withoutSecrets', () => {
  it.each([
    ['/api/users/a?after=x&limit=5', '/api/users/a?after=[redacted]&limit=[redacted]'],
    ['/ws/uptime?secret-token', '/ws/uptime?[redacted]'],
    ['/api/streams/a#b', '/api/streams/a#b'],
    ['GET https://u:p@host/jwks?key=abc failed', 'GET https://[redacted]@host/jwks?key=[redacted] failed'],
    ["probed 'http://host/?a=1&b' twice", "probed 'http://host/?a=[redacted]&b' twice"],
    ['is it up? yes = no', 'is it up? yes = no'],
  ])('redacts the values of queries in %p', (text, logged) => {
    expect(withoutSecrets(text)).toBe(logged);
  });
});
