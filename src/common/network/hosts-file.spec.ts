import { parseHosts } from './hosts-file.js';

describe('parseHosts', () => {
  it('collects the addresses of each name, in lower case, in the order of the file', () => {
    const text = '127.0.0.1\tlocalhost\n::1 localhost ip6-localhost # loopback\n# 192.0.2.9 db\n192.0.2.1 DB db.shop\n';
    expect([...parseHosts(text)]).toEqual([
      ['localhost', ['127.0.0.1', '::1']],
      ['ip6-localhost', ['::1']],
      ['db', ['192.0.2.1']],
      ['db.shop', ['192.0.2.1']],
    ]);
  });

  it('ignores repeated and invalid addresses', () => {
    expect([...parseHosts('192.0.2.1 db db\n192.0.2.1 db\nsomewhere db\n\n192.0.2.2\n')]).toEqual([
      ['db', ['192.0.2.1']],
    ]);
  });
});
