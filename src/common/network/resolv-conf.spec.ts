import { candidatesOf, parseResolvConf, type ResolvConf } from './resolv-conf.js';

const DEFAULT_SERVERS = ['192.0.2.53'];
const parse = (text: string, hostname = 'host'): ResolvConf => parseResolvConf(text, hostname, DEFAULT_SERVERS);
const namesOf = (name: string, conf: Partial<ResolvConf>): string[] =>
  candidatesOf(name, { search: [], ndots: 1, noTldQuery: false, ...conf }).map((candidate) => candidate.name);

describe('parseResolvConf', () => {
  it('reads what Kubernetes writes', () => {
    const text =
      'search shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n';
    expect(parse(text)).toEqual({
      servers: ['10.96.0.10'],
      search: ['shop.svc.cluster.local', 'svc.cluster.local', 'cluster.local'],
      ndots: 5,
      timeoutMs: 5_000,
      attempts: 2,
      rotate: false,
      noTldQuery: false,
    });
  });

  it('uses the defaults of glibc for what the file does not say', () => {
    expect(parse('')).toEqual({
      servers: DEFAULT_SERVERS,
      search: [],
      ndots: 1,
      timeoutMs: 5_000,
      attempts: 2,
      rotate: false,
      noTldQuery: false,
    });
    expect(parse('', 'host.shop.example').search).toEqual(['shop.example']);
  });

  it('reads all options, within the limits of glibc', () => {
    const conf = parse('options timeout:1 attempts:3 rotate\noptions no-tld-query edns0 ndots:2\n');
    expect(conf).toMatchObject({ timeoutMs: 1_000, attempts: 3, rotate: true, noTldQuery: true, ndots: 2 });
    expect(parse('options ndots:99 timeout:99 attempts:99')).toMatchObject({
      ndots: 15,
      timeoutMs: 30_000,
      attempts: 5,
    });
    expect(parse('options ndots:0 timeout:0 attempts:0')).toMatchObject({ ndots: 0, timeoutMs: 1_000, attempts: 1 });
  });

  it('uses three servers at most, with ports in brackets, and ignores what is not an address', () => {
    const lines = ['resolver.example', '[127.0.0.1]:5353', '::1', '[::1]:53', '192.0.2.1'];
    expect(parse(lines.map((line) => `nameserver ${line}`).join('\n')).servers).toEqual([
      '[127.0.0.1]:5353',
      '::1',
      '[::1]:53',
    ]);
  });

  it('ignores comments, and takes the last search or domain', () => {
    expect(parse('#nameserver 192.0.2.1\n;search a\n\tsearch a b.\ndomain c.example\n')).toMatchObject({
      servers: DEFAULT_SERVERS,
      search: ['c.example'],
    });
    expect(parse('domain c\nsearch a b.\n').search).toEqual(['a', 'b']);
  });
});

describe('candidatesOf', () => {
  const search = ['a.example', 'b.example'];

  it('appends the domains to a name of few dots first', () => {
    expect(namesOf('db', { search })).toEqual(['db.a.example', 'db.b.example', 'db']);
    expect(namesOf('db.shop', { search, ndots: 2 })).toEqual(['db.shop.a.example', 'db.shop.b.example', 'db.shop']);
  });

  it('appends them last to a name of many dots', () => {
    expect(namesOf('db.shop', { search })).toEqual(['db.shop', 'db.shop.a.example', 'db.shop.b.example']);
  });

  it('appends nothing to a name with a trailing dot', () => {
    expect(namesOf('db.shop.', { search, ndots: 5 })).toEqual(['db.shop']);
  });

  it('never asks for a name without dots alone if the options say so', () => {
    expect(namesOf('db', { search, noTldQuery: true })).toEqual(['db.a.example', 'db.b.example']);
    expect(namesOf('db.shop', { search, noTldQuery: true, ndots: 2 }).at(-1)).toBe('db.shop');
  });

  it('takes the root as a domain', () => {
    expect(namesOf('db', { search: [''] })).toEqual(['db']);
  });
});
