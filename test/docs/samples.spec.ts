import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../support/eventually.js';
import { LAG_MEMBER } from '../../src/uptime/history/http/last-probe.dto.js';
import { type HttpResponse, makeDataDir, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { type CurlSample, curlSamplesOf, readDocument } from './curl-samples.js';

const root = resolve(__dirname, '../..');
const run = promisify(execFile);
const DOCUMENTS = ['README.md', 'docs/uptime.md', 'docs/health.md', 'docs/user-streams.md'];
/** Its samples need a push service. */
const PUSHES = 'docs/uptime.md';
const scripts = Object.keys((JSON.parse(readDocument('package.json')) as { scripts: Record<string, string> }).scripts);

/** Present if a health check is cached, or the machine was busy. */
const OPTIONAL = ['cachedResponse', LAG_MEMBER];

/** The structure of a JSON value, without its numbers and strings. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key]) => !OPTIONAL.includes(key))
        .map(([key, member]) => [key, shapeOf(member)]),
    );
  return value === null ? 'null' : typeof value;
}

describe.each(DOCUMENTS)('the samples of %s', (document) => {
  let dataDir: string;
  let service: ServiceProcess;
  let tokens: Readonly<Record<string, string>>;

  beforeAll(async () => {
    dataDir = makeDataDir();
    const servicesFile = join(dataDir, 'services.yaml');
    writeFileSync(
      servicesFile,
      'services:\n  - { name: nightly-backup, kind: push, token: "${BACKUP_TOKEN}", interval: 1d }\n',
    );
    service = await ServiceProcess.start({
      DATA_DIR: dataDir,
      UPTIME_INTERVAL_MS: '300',
      UPTIME_SAMPLE_WINDOW_MS: '1000',
      ...(document === PUSHES ? { UPTIME_SERVICES_FILE: servicesFile, BACKUP_TOKEN: 'token-of-the-backup' } : {}),
    });
    const tokenFor = async (...role: string[]): Promise<string> =>
      (
        await run(process.execPath, [resolve(root, 'dist/cli.js'), 'token', '--user', 'alice', ...role], {
          env: { PATH: process.env.PATH, DATA_DIR: dataDir },
        })
      ).stdout.trim();
    tokens = {
      TOKEN: await tokenFor(),
      ADMIN_TOKEN: await tokenFor('--role', 'admin'),
      BACKUP_TOKEN: 'token-of-the-backup',
    };
    await eventually(
      () => service.get('/api/uptime/status'),
      ({ body }) =>
        (body as { services: { currentStatus: string }[] }).services
          .slice(0, 3)
          .every(({ currentStatus }) => currentStatus === 'up'),
    );
    await eventually(
      () => service.get('/readyz'),
      ({ status }) => status === 200,
    );
  });

  afterAll(async () => {
    await ServiceProcess.killAll();
    removeDataDir(dataDir);
  });

  const ask = ({ method, path, headers, body }: CurlSample): Promise<HttpResponse> =>
    service.request(method, path, {
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [
          name,
          value.replace(/\$([A-Z_]+)/, (_, variable: string) => tokens[variable] ?? ''),
        ]),
      ),
      ...(body === undefined ? {} : { body }),
    });

  const samples = curlSamplesOf(document);

  it('exist', () => {
    expect(samples.length).toBeGreaterThan(0);
  });

  // In order, on one service: later samples depend on earlier ones.
  it.each(samples)('$method $path returns the response shown', async (sample) => {
    const { body, status } = await ask(sample);
    if (sample.json === undefined) return expect(status).toBeLessThan(300);
    const shown = JSON.parse(sample.json) as unknown;
    expect(shapeOf(body)).toEqual(shapeOf(shown));
    const typeOf = (answer: unknown): unknown => (answer as { readonly type?: unknown }).type;
    if (status >= 400) expect(typeOf(body)).toBe(typeOf(shown));
  });
});

describe('the documentation', () => {
  it('has a curl sample of every open endpoint', () => {
    const shown = DOCUMENTS.flatMap((document) => curlSamplesOf(document)).map(
      ({ method, path }) => `${method} ${path.split('?')[0]}`,
    );
    expect(shown).toEqual(
      expect.arrayContaining([
        'GET /api/streams/service-uptime-http/events',
        'GET /api/uptime/service/http',
        'GET /api/uptime/status',
        'GET /api/uptime/summary',
        'GET /api/uptime/test-kurrentdb',
        'GET /api/uptime/timeline/http',
        'GET /health',
        'GET /health/kurrentdb',
        'GET /livez',
        'GET /readyz',
        'GET /startupz',
        'POST /api/uptime/create-streams',
        'GET /api/user-data-schemas',
      ]),
    );
  });

  it('names only npm scripts that exist in the README', () => {
    const named = [...readDocument('README.md').matchAll(/npm (?:run )?(?:-s )?([a-z][\w:-]*)/g)]
      .map(([, script]) => script ?? '')
      .filter((script) => !['ci', 'install'].includes(script));
    expect(named.length).toBeGreaterThan(0);
    for (const script of named) expect(scripts).toContain(script);
  });

  it.each([
    ...DOCUMENTS,
    'docs/authorization.md',
    'docs/authentication.md',
    'docs/user-data-schemas.md',
    'docs/architecture.md',
    'docs/adr/README.md',
    'CONTRIBUTING.md',
  ])('links only to files that exist: %s', (document) => {
    const targets = [...readDocument(document).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, target = '']) =>
      resolve(root, dirname(document), target),
    );
    for (const target of targets) expect(() => readFileSync(target)).not.toThrow(/ENOENT/);
  });
});
