import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EXPOSED_HEADERS } from '../../src/http/cors.js';

const root = resolve(__dirname, '../..');

/**
 * Headers that every script may read (Fetch, CORS-safelisted response-header name), and headers for caches, proxies and
 * the connection.
 */
const OTHERS = ['Cache-Control', 'Connection', 'Content-Type', 'Upgrade', 'Vary', 'X-Accel-Buffering'];

const sources = ['http', 'health', 'identity', 'streams', 'uptime/annotations', 'uptime/history', 'user-streams']
  .flatMap((folder) =>
    readdirSync(join(root, 'src', folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  )
  .filter((file) => /(?<!\.spec)\.ts$/.test(file))
  .map((file) => readFileSync(join(root, 'src', file), 'utf8'))
  .join('\n');

/** The value of a constant of the sources. */
function valueOf(constant: string): string {
  return new RegExp(`const ${constant} = '([^']+)'`).exec(sources)?.[1] ?? `the value of ${constant}`;
}

/** Names of the headers that the service sets: in calls, and as members of an object of headers. */
const headers = [
  ...[...sources.matchAll(/\bsetHeader\(\s*(?:'([^']+)'|([A-Z_]+))/g)].map(
    ([, name, constant = '']) => name ?? valueOf(constant),
  ),
  ...[...sources.matchAll(/'(Retry-After|X-[\w-]+)':/g)].map(([, name = '']) => name),
];

describe('docs/browsers.md', () => {
  it('lists the headers that scripts of other origins can read', () => {
    const section = readFileSync(join(root, 'docs/browsers.md'), 'utf8').split(/^## /m).at(-1) ?? '';
    const items = [...section.matchAll(/^- .+$/gm)].flatMap(([item]) => [...item.matchAll(/`([^`]+)`/g)]);
    expect(items.map(([, name]) => name).sort()).toEqual([...EXPOSED_HEADERS].sort());
  });
});

describe('the headers that scripts of other origins can read', () => {
  it('are all that the service sets', () => {
    expect(headers.length).toBeGreaterThan(15);
    expect([...new Set(headers)].filter((name) => !OTHERS.includes(name)).sort()).toEqual([...EXPOSED_HEADERS].sort());
  });
});
