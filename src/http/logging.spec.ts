import { withoutCredentials } from './logging.js';

describe('withoutCredentials', () => {
  it.each([
    ['kurrentdb://admin:changeit@host:2113?tls=true', 'kurrentdb://[redacted]@host:2113?tls=true'],
    ['kurrentdb+discover://admin:p%40ss@a:2113,b:2113', 'kurrentdb+discover://[redacted]@a:2113,b:2113'],
    ['tried http://u:p@a/ and https://v:q@b/', 'tried http://[redacted]@a/ and https://[redacted]@b/'],
    ['http://user@host/', 'http://user@host/'],
    ['http://host:8080/a@b', 'http://host:8080/a@b'],
    ['mail a:b@c', 'mail a:b@c'],
  ])('redacts the credentials of URLs in %p', (text, logged) => {
    expect(withoutCredentials(text)).toBe(logged);
  });
});
