import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '../../src/config/index.js';
import { type MonitoredService, PROBE_KINDS } from '../../src/uptime/domain/index.js';
import { loadServices } from '../../src/uptime/services-file/read-services.js';
import { readDocument } from './curl-samples.js';

const page = readDocument('docs/uptime-services.md');
const example = /```yaml\n(.*?)\n```/s.exec(page)?.[1] ?? '';
const secrets = Object.fromEntries([...example.matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name = '']) => [name, 's3cret']));

describe('docs/uptime-services.md', () => {
  let directory: string;
  let file: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'uptime-services-'));
    file = join(directory, 'uptime.services.yaml');
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const load = (yaml: string, environment: Readonly<Record<string, string>> = {}): readonly MonitoredService[] => {
    writeFileSync(file, yaml);
    return loadServices({ ...environment, UPTIME_SERVICES_FILE: file }).services;
  };
  const problemsOf = (yaml: string): readonly string[] => {
    try {
      load(yaml);
    } catch (error) {
      if (error instanceof ConfigurationError) return error.problems;
    }
    return [];
  };
  /** The allowed keys of a service of a kind, or of `defaults`. */
  const allowedKeysOf = (yaml: string): string[] =>
    (/allowed are (.*)/.exec(problemsOf(yaml).join('\n'))?.[1] ?? '').split(', ');

  it('has a valid sample file with a service of each kind', () => {
    const services = load(example, secrets);
    expect(new Set(services.map(({ target }) => target.kind))).toEqual(new Set(PROBE_KINDS));
    expect(services.find(({ name }) => name === 'shop')).toMatchObject({
      target: {
        headers: { Authorization: 'Bearer s3cret' },
        acceptedStatuses: [{ from: 200 }, { from: 201 }, { from: 300, to: 399 }],
      },
      timeoutMs: 2_500,
      tags: ['shop', 'eu'],
    });
    expect(services.find(({ name }) => name === 'mail')).toMatchObject({
      target: { send: 'QUIT\r\n' },
      intervalMs: 30_000,
      tags: ['shop'],
    });
    expect(services.find(({ name }) => name === 'database')?.target).toEqual({ kind: 'database' });
  });

  it('has a sample file that requires every secret it refers to', () => {
    expect(Object.keys(secrets)).toEqual(['SHOP_TOKEN', 'ORDERS_PASSWORD', 'BACKUP_TOKEN']);
    expect(problemsOf(example)).toHaveLength(4);
  });

  it.each(PROBE_KINDS)('names every key of kind %s', (kind) => {
    const keys = allowedKeysOf(`services:\n  - { name: a, kind: ${kind}, colour: red }\n`).filter(
      (key) => !key.endsWith('Ms'),
    );
    expect(keys.length).toBeGreaterThan(5);
    for (const key of keys) expect(page).toContain(`\`${key}\``);
  });

  it('names every key of the defaults, and only keys that exist', () => {
    const keys = allowedKeysOf('services: []\ndefaults: { colour: red }\n');
    for (const key of keys.filter((name) => !name.endsWith('Ms')))
      expect(page).toMatch(new RegExp(`^\\| \`${key}\` +\\|`, 'm'));
    const all = new Set([
      ...keys,
      ...PROBE_KINDS.flatMap((kind) => allowedKeysOf(`services:\n  - { name: a, kind: ${kind}, colour: red }\n`)),
    ]);
    const rows = [...page.matchAll(/^\| +(?:`\w+` +)?\| ([^|]*`[^|]*)\|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, key = '']) => key),
    );
    expect(rows.length).toBeGreaterThan(15);
    for (const key of rows.filter((name) => !name.startsWith('UPTIME_') && !/^\d/.test(name)))
      expect(all).toContain(key);
  });

  it('shows errors as they are reported', () => {
    const shown = [...page.matchAll(/^ {2}- uptime\.services\.yaml: (.*?)(?:, url, …)?$/gm)].map(
      ([, problem = '']) => problem,
    );
    const told = problemsOf(
      'services:\n  - name: a\n    kind: http\n    intervall: 5s\n    url: http://a\n\n  - name: b\n    kind: push\n    token: ${BACKUP_TOKEN}\n',
    ).join('\n');
    expect(shown).toHaveLength(2);
    for (const problem of shown) expect(told).toContain(problem);
  });
});
