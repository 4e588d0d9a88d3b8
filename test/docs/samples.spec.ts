import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { eventually, makeDataDir, removeDataDir, ServiceProcess } from '../e2e/service-process.js';

const readme = readFileSync(resolve(__dirname, '../../README.md'), 'utf8');
const scripts = Object.keys((JSON.parse(readFileSync(resolve(__dirname, '../../package.json'), 'utf8')) as { scripts: Record<string, string> }).scripts);

/** Each `curl` of the README with the JSON that is shown below it. */
const samples = [...readme.matchAll(/```sh\ncurl -s(?: -X (\w+))? '?localhost:3001([^\s']+)'?\n```\n+```json\n(.*?)\n```/gs)].map(([, method = 'GET', path = '', json = '']) => ({ method, path, json }));

/** Said where an answer is shared with a probe that came just before. */
const OPTIONAL = 'cachedResponse';

/** What a JSON value looks like, whatever its numbers and texts are. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).filter(([key]) => key !== OPTIONAL).map(([key, member]) => [key, shapeOf(member)]));
  return value === null ? 'null' : typeof value;
}

describe('the README', () => {
  let dataDir: string;
  let service: ServiceProcess;

  beforeAll(async () => {
    dataDir = makeDataDir();
    service = await ServiceProcess.start({ DATA_DIR: dataDir, UPTIME_INTERVAL_MS: '300', UPTIME_SAMPLE_WINDOW_MS: '1000' });
    await eventually(() => service.get('/api/uptime/status'), ({ body }) => (body as { services: { currentStatus: string }[] }).services.every(({ currentStatus }) => currentStatus === 'up'));
    await eventually(() => service.get('/readyz'), ({ status }) => status === 200);
  });

  afterAll(async () => {
    await ServiceProcess.killAll();
    removeDataDir(dataDir);
  });

  it('shows a curl of every endpoint with its output', () => {
    expect(samples.map(({ method, path }) => `${method} ${path.split('?')[0]}`).sort()).toEqual([
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
    ]);
  });

  it.each(samples)('$method $path answers what the README shows', async ({ method, path, json }) => {
    const { status, body } = await service.request(method, path);
    expect(status).toBeLessThan(300);
    expect(shapeOf(body)).toEqual(shapeOf(JSON.parse(json)));
  });

  it('names only npm scripts that exist', () => {
    const named = [...readme.matchAll(/npm (?:run )?([a-z][\w:-]*)/g)].map(([, script]) => script ?? '').filter((script) => !['ci', 'install'].includes(script));
    expect(named.length).toBeGreaterThan(0);
    for (const script of named) expect(scripts).toContain(script);
  });

  it('links only to files that exist', () => {
    for (const [, target = ''] of readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) expect(() => readFileSync(resolve(__dirname, '../..', target))).not.toThrow(/ENOENT/);
  });
});
