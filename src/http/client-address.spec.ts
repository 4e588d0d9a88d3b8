import { clientAddress, networkOf, parseAddress } from './client-address.js';

describe('an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    [' 192.0.2.1 ', '192.0.2.1'],
    ['192.0.2.1:567', '192.0.2.1'],
    ['::1', '::1'],
    ['[::1]', '::1'],
    ['[::1]:567', '::1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['[2001:db8::1]:65535', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:0201', '192.0.2.1'],
    ['[::ffff:192.0.2.1]:567', '192.0.2.1'],
  ])('%j has the one form %s', (text, form) => {
    expect(parseAddress(text)).toBe(form);
  });

  it.each([
    '',
    'unknown',
    '_hidden',
    '192.0.2',
    '192.0.2.256',
    '192.0.2.1:x',
    '[192.0.2.1',
    '[]',
    ':::',
    '1:2:3',
    'a.b:1',
  ])('%j is none', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});

describe('a client', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::1', '::1'],
    ['2001:db8::1', '2001:db8::/64'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8::1:0:0:1', '2001:db8::/64'],
    ['1::2:3:4:5:6', '1:0:0:2::/64'],
    ['unknown', 'unknown'],
  ])('%s counts as %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe('the client of a request', () => {
  const addressOf = (trustedProxies: number, forwardedFor?: string, remoteAddress?: string): string =>
    clientAddress(
      {
        socket: remoteAddress === undefined ? {} : { remoteAddress },
        headers: forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor },
      },
      trustedProxies,
    );

  it.each([
    [0, '192.0.2.9', '10.0.0.1'],
    [1, '192.0.2.9', '192.0.2.9'],
    [1, '203.0.113.7, 192.0.2.9', '192.0.2.9'],
    [2, '203.0.113.7, 192.0.2.9', '203.0.113.7'],
    [2, '192.0.2.9', '192.0.2.9'],
    [1, '192.0.2.9:4711', '192.0.2.9'],
    [1, '[2001:db8::9]:4711', '2001:db8::9'],
    [1, undefined, '10.0.0.1'],
  ])('behind %i trusted proxies with X-Forwarded-For %j is at %s', (proxies, forwardedFor, address) => {
    expect(addressOf(proxies, forwardedFor, '::ffff:10.0.0.1')).toBe(address);
  });

  it('is where the nearest trusted proxy is, if that names no address', () => {
    expect(addressOf(1, 'unknown', '10.0.0.1')).toBe('10.0.0.1');
    expect(addressOf(2, 'unknown, 192.0.2.9', '10.0.0.1')).toBe('192.0.2.9');
  });

  it('is unknown once its connection is closed', () => {
    expect(addressOf(0)).toBe('unknown');
  });
});
