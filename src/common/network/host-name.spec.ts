import { addressOf, asciiNameOf, isLocalhost } from './host-name.js';

describe('addressOf', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::1', '::1'],
    ['[::1]', '::1'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['[fe80::1%eth0]', 'fe80::1%eth0'],
    ['127.1', '127.0.0.1'],
    ['0x7f.1', '127.0.0.1'],
  ])('%s is the address %s', (host, address) => {
    expect(addressOf(host)).toBe(address);
  });

  it.each(['localhost', 'db.example', 'a1', '1.a', '1.2.3.4.5', '[db]', ''])('%j is not an address', (host) => {
    expect(addressOf(host)).toBeUndefined();
  });
});

describe('asciiNameOf', () => {
  it.each([
    ['DB.Example', 'db.example'],
    ['my_db', 'my_db'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['bücher.example.', 'xn--bcher-kva.example.'],
    ['db.example.', 'db.example.'],
  ])('of %s is %s', (host, name) => {
    expect(asciiNameOf(host)).toBe(name);
  });

  it.each(['', '.', 'a b', '\u00ad'])('of %j is none', (host) => {
    expect(asciiNameOf(host)).toBeUndefined();
  });
});

describe('isLocalhost', () => {
  it('is true for localhost and the names below it', () => {
    expect(['localhost', 'localhost.', 'shop.localhost', 'shop.localhost.'].map(isLocalhost)).toEqual(
      Array(4).fill(true),
    );
    expect(['notlocalhost', 'localhost.example'].map(isLocalhost)).toEqual([false, false]);
  });
});
