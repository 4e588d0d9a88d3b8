import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { eventually, sleep } from '../support/eventually.js';
import { makeDataDir, ready, removeDataDir, ServiceProcess } from '../support/service-process.js';

const MAIN = resolve(__dirname, '../../dist/main.js');

/** The first child of a process, if it has one by now. */
function childOf(pid: number): number | undefined {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return children === '' ? undefined : Number(children.split(' ', 1)[0]);
}

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

  it('ends on a signal during its start, also as process 1 of a container', async () => {
    const canIsolate = spawnSync('unshare', ['--pid', '--fork', 'true']).status === 0;
    const [command = '', ...args] = [
      ...(canIsolate ? ['unshare', '--pid', '--fork', '--kill-child'] : []),
      process.execPath,
      MAIN,
    ];
    const child = spawn(command, args, {
      env: { PATH: process.env.PATH, DATA_DIR: dataDir, PORT: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    // Node itself has no handler before it runs the first line: a container has an init for that.
    const signals = setInterval(() => {
      const pid = canIsolate ? childOf(child.pid ?? 0) : child.pid;
      if (pid !== undefined) process.kill(pid, 'SIGTERM');
    }, 20);
    const [code] = (await once(child, 'exit')) as [number | null];
    clearInterval(signals);
    expect({ code, output }).toEqual({ code: 0, output: '' });
  });

  it('says on every answer that the connection closes, and ends idle ones, from SIGTERM on', async () => {
    const service = await ready(await ServiceProcess.start({ DATA_DIR: dataDir, SHUTDOWN_DELAY_MS: '1000' }));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const connectionOf = (path: string): Promise<string | undefined> =>
      new Promise((resolve, reject) => {
        request(`${service.url}${path}`, { agent }, (response) => {
          response.resume().on('end', () => resolve(response.headers.connection));
        })
          .on('error', reject)
          .end();
      });
    expect(await connectionOf('/livez')).toBe('keep-alive');
    const idle = connect(Number(new URL(service.url).port), 'localhost');
    await once(idle, 'connect');
    await service.kill('SIGTERM');
    await sleep(300);
    for (const path of ['/livez', '/api/nothing', '/api/docs-json']) expect(await connectionOf(path)).toBe('close');
    // Node ends a socket at an error too: this one ends without.
    let failure: Error | undefined;
    idle.on('error', (error) => (failure = error)).resume();
    await once(idle, 'end');
    expect(failure).toBeUndefined();
    idle.destroy();
    expect(await service.exit()).toBe(0);
  });

  it('answers a request whose connection was opened before the port was closed', async () => {
    const service = await ready(await ServiceProcess.start({ DATA_DIR: dataDir }));
    const socket = connect(Number(new URL(service.url).port), 'localhost');
    await once(socket, 'connect');
    await service.kill('SIGTERM');
    socket.write('GET /livez HTTP/1.1\r\n');
    await sleep(1_000);
    socket.write('Host: x\r\n\r\n');
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    await once(socket, 'end');
    expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*\r\nConnection: close\r\n/);
    socket.destroy();
    expect(await service.exit()).toBe(0);
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
