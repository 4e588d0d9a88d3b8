import { spawnSync } from 'node:child_process';
import { request } from 'node:http';
import { resolve } from 'node:path';
import { eventually, sleep } from '../support/eventually.js';
import { makeDataDir, removeDataDir, ServiceProcess } from '../support/service-process.js';

const MAIN = resolve(__dirname, '../../dist/main.js');

describe('starting and stopping', () => {
  let dataDir: string;

  beforeEach(() => (dataDir = makeDataDir()));
  afterEach(async () => {
    await ServiceProcess.killAll();
    removeDataDir(dataDir);
  });

  it('logs the URLs of the API, its documentation and the health checks', async () => {
    const service = await ServiceProcess.start({ DATA_DIR: dataDir });
    await eventually(
      () => Promise.resolve(service.output.length),
      () => service.output.some((line) => line.includes('Health:')),
    );
    const said = service.output.join('\n');
    expect(said).toContain(`Status of the services: ${service.url}/api/uptime/status`);
    expect(said).toContain(`API documentation: ${service.url}/api/docs`);
    expect(said).toContain(`Health: ${service.url}/livez ${service.url}/readyz ${service.url}/health`);
    expect(await service.stop()).toBe(0);
  });

  it.each([
    [{ PORT: 'http' }, "PORT must be an integer from 0 to 65535, got 'http'"],
    [{ UPTIME_INTERVAL_MS: '1' }, "UPTIME_INTERVAL_MS must be an integer from 100 to 86400000, got '1'"],
    [{ UPTIME_SERVICES_FILE: '/nowhere.yaml' }, "UPTIME_SERVICES_FILE is '/nowhere.yaml', which cannot be read"],
    [{ USER_SCHEMAS_DIR: '/nowhere' }, "USER_SCHEMAS_DIR is '/nowhere'; the directory cannot be read"],
  ])('does not start with %j, and prints the variable, its value and the allowed ones', (environment, problem) => {
    const { status, stderr } = spawnSync(process.execPath, [MAIN], {
      env: { PATH: process.env.PATH, DATA_DIR: dataDir, ...environment },
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect(status).toBe(1);
    expect(stderr).toContain(problem);
    expect(stderr).not.toContain('    at ');
  });

  it('is alive at once, ready when the store and the streams exist, and started from then on', async () => {
    const service = await ServiceProcess.start({ DATA_DIR: dataDir });
    expect(await service.get('/livez')).toMatchObject({
      status: 200,
      body: { status: 'ok', info: {}, error: {}, details: {} },
    });
    const ready = await eventually(
      () => service.get('/readyz'),
      ({ status }) => status === 200,
    );
    expect(ready).toMatchObject({
      status: 200,
      body: { status: 'ok', details: { kurrentdb: { status: 'up' }, uptime: { status: 'up' } } },
    });
    expect((await service.get('/startupz')).status).toBe(200);
    const health = await service.get('/health');
    expect(health).toMatchObject({
      status: 200,
      body: {
        status: 'ok',
        info: {
          kurrentdb: {
            status: 'up',
            responseTime: expect.any(Number) as number,
            performanceGrade: expect.any(String) as string,
          },
          uptime: { status: 'up' },
        },
      },
    });
    expect(await service.get('/health/kurrentdb')).toMatchObject({
      status: 200,
      body: {
        status: 'ok',
        details: {
          kurrentdb: {
            status: 'up',
            responseTime: expect.any(Number) as number,
            performanceGrade: expect.stringMatching(/^(excellent|good|acceptable|slow)$/) as string,
          },
        },
      },
    });
    expect(await service.stop()).toBe(0);
  });

  it('on SIGTERM is no longer ready, but alive, completes requests, and exits with 0 in time', async () => {
    const service = await ServiceProcess.start({ DATA_DIR: dataDir, SHUTDOWN_DELAY_MS: '1500' });
    await eventually(
      () => service.get('/readyz'),
      ({ status }) => status === 200,
    );
    const start = Date.now();
    await service.kill('SIGTERM');
    const draining = await eventually(
      () => service.get('/readyz'),
      ({ status }) => status === 503,
      1_000,
    );
    expect(draining).toMatchObject({ status: 503, body: { status: 'shutting_down' } });
    expect((await service.get('/livez')).status).toBe(200);
    expect((await service.get('/api/uptime/status')).status).toBe(200);
    expect(await service.exit()).toBe(0);
    expect(Date.now() - start).toBeLessThan(10_000);
  });

  it('aborts a request that never ends, and still exits with 0 in time', async () => {
    const service = await ServiceProcess.start({ DATA_DIR: dataDir, SHUTDOWN_TIMEOUT_MS: '500' });
    const { port } = new URL(service.url);
    const hanging = request({
      host: '127.0.0.1',
      port,
      method: 'POST',
      path: '/api/uptime/create-streams',
      headers: { 'content-type': 'application/json', 'content-length': '100' },
    });
    const cutOff = new Promise<Error>((done) => hanging.on('error', done));
    hanging.write('{');
    await sleep(200);
    const start = Date.now();
    expect(await service.stop()).toBe(0);
    expect(Date.now() - start).toBeLessThan(10_000);
    expect((await cutOff).message).toMatch(/hang up|reset/);
  });

  it('rejects a data directory that another process uses, without affecting that process', async () => {
    const first = await ServiceProcess.start({ DATA_DIR: dataDir });
    await expect(ServiceProcess.start({ DATA_DIR: dataDir })).rejects.toThrow(/in use|another process/i);
    expect(
      (
        await eventually(
          () => first.get('/readyz'),
          ({ status }) => status === 200,
        )
      ).status,
    ).toBe(200);
    expect(await first.stop()).toBe(0);
  });
});
