import { createServer, type Server } from 'node:http';
import request from 'supertest';
import { isBehindTls, securityHeaders } from './security-headers.js';

const CONFIG = { tls: 'forwarded', trustedProxies: 1 } as const;

describe('a request', () => {
  const isSecure = (trustedProxies: number, forwardedProto?: string): boolean =>
    isBehindTls({ headers: { 'x-forwarded-proto': forwardedProto } }, { tls: 'forwarded', trustedProxies });

  it.each([
    [1, 'https'],
    [1, ' HTTPS '],
    [1, 'http, https'],
    [2, 'https'],
    [2, 'https, http'],
  ])('is behind TLS where the outermost of %i trusted proxies says so: %j', (trustedProxies, forwardedProto) => {
    expect(isSecure(trustedProxies, forwardedProto)).toBe(true);
  });

  it.each([
    [0, 'https'],
    [1, undefined],
    [1, ''],
    [1, 'http'],
    [1, 'https, http'],
    [2, 'https, http, https'],
  ])('is not behind TLS, with %i trusted proxies, for %j', (trustedProxies, forwardedProto) => {
    expect(isSecure(trustedProxies, forwardedProto)).toBe(false);
  });

  it('is behind TLS in any case where the configuration says so', () => {
    expect(isBehindTls({ headers: {} }, { tls: 'always', trustedProxies: 0 })).toBe(true);
  });
});

describe('the security headers', () => {
  let server: Server;

  beforeAll(() => {
    const middleware = securityHeaders(CONFIG);
    server = createServer((incoming, response) => middleware(incoming, response, () => response.end()));
  });

  const headersOver = async (proto: string): Promise<Readonly<Record<string, string>>> =>
    (await request(server).get('/').set('X-Forwarded-Proto', proto)).headers;

  it('keep a browser on HTTPS', async () => {
    const headers = await headersOver('https');
    expect(headers['strict-transport-security']).toMatch(/^max-age=\d{7,}/);
    expect(headers['content-security-policy']).toContain('upgrade-insecure-requests');
    expect(headers).toHaveProperty('cross-origin-opener-policy');
  });

  it('do not send a browser from HTTP to HTTPS, and have nothing that browsers refuse there', async () => {
    const headers = await headersOver('http');
    expect(headers).not.toHaveProperty('strict-transport-security');
    expect(headers['content-security-policy']).toContain("default-src 'self'");
    expect(headers['content-security-policy']).not.toContain('upgrade-insecure-requests');
    expect(headers).not.toHaveProperty('cross-origin-opener-policy');
    expect(headers['x-content-type-options']).toBe('nosniff');
  });
});
