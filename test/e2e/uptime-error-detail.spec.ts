import { ApiCaller } from '../support/api-caller.js';
import { eventually } from '../support/eventually.js';
import { makeDataDir, ready, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { AUTH, tokenFor } from '../support/tokens.js';
import { WebSocket } from 'ws';

/** Nothing listens there. */
const TARGET = '127.0.0.1:9';
const PATHS = ['/api/uptime/status', '/api/uptime/timeline/http', '/api/streams/service-uptime-http/events'];

describe('errors of probes, which name internal addresses', () => {
  let dataDir: string;
  let service: ServiceProcess;
  beforeEach(() => (dataDir = makeDataDir()));
  afterEach(async () => {
    await ServiceProcess.killAll();
    removeDataDir(dataDir);
  });

  const start = async (more: Readonly<Record<string, string>>): Promise<void> => {
    service = await ready(
      await ServiceProcess.start({
        DATA_DIR: dataDir,
        ...AUTH,
        UPTIME_HTTP_URL: `http://${TARGET}/`,
        UPTIME_INTERVAL_MS: '100',
        UPTIME_TIMEOUT_MS: '100',
        UPTIME_FAILURE_THRESHOLD: '1',
        ...more,
      }),
    );
    await eventually(
      () => service.get('/api/streams/service-uptime-http/events'),
      ({ body }) => JSON.stringify(body).includes('connection refused by'),
    );
  };
  const callers = async (): Promise<readonly ApiCaller[]> => [
    new ApiCaller(() => service.url),
    await ApiCaller.of(() => service.url, 'alice'),
    await ApiCaller.of(() => service.url, 'olga', 'admin'),
  ];
  const firstMessage = async (roles?: readonly string[]): Promise<string> => {
    const headers = roles === undefined ? {} : { authorization: `Bearer ${await tokenFor({ user: 'olga', roles })}` };
    const socket = new WebSocket(`${service.url.replace('http', 'ws')}/ws/uptime`, { headers });
    const message = await new Promise<string>((resolve, reject) => {
      socket.once('message', (data: Buffer) => resolve(data.toString()));
      socket.once('error', reject);
    });
    socket.close();
    return message;
  };

  it('have their kind in every response, and their full text for operators', async () => {
    await start({ UPTIME_ERROR_DETAIL: '' });
    const [anonymous, user, operator] = await callers();
    for (const path of PATHS) {
      for (const caller of [anonymous, user]) {
        const text = JSON.stringify((await caller?.get(path))?.body);
        expect(text).toContain('connection refused by #');
        expect(text).not.toContain(TARGET);
      }
      expect(JSON.stringify((await operator?.get(path))?.body)).toContain(`connection refused by ${TARGET}`);
    }
    expect(await firstMessage()).toContain('connection refused by #');
    expect(await firstMessage()).not.toContain(TARGET);
    expect(await firstMessage(['admin'])).toContain(`connection refused by ${TARGET}`);
  }, 60_000);

  it('have their full text for everyone if that is configured', async () => {
    await start({ UPTIME_ERROR_DETAIL: 'public' });
    const [anonymous] = await callers();
    for (const path of PATHS)
      expect(JSON.stringify((await anonymous?.get(path))?.body)).toContain(`connection refused by ${TARGET}`);
    expect(await firstMessage()).toContain(`connection refused by ${TARGET}`);
  }, 60_000);
});
