import { type EventData, jsonEvent, type JSONEventType, KurrentDBClient } from '@kurrent/kurrentdb-client';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../support/eventually.js';
import { KurrentDBServer } from '../support/kurrentdb-server.js';
import { ServiceProcess } from '../support/service-process.js';
import { AUTH } from '../support/tokens.js';

const PAGE_BYTES = 4096;
/** More than a start waits for. */
const LARGE_BYTES = 64 * 1024 * 1024;
const EVENTS_PER_APPEND = 1000;
/** Small enough for several events in a page. */
const PADDING = 'x'.repeat(600);
const STREAM = 'large';

type Padded = JSONEventType<'padded', { number: number; padding: string }>;

const padded = (number: number): EventData<Padded> =>
  jsonEvent<Padded>({ type: 'padded', data: { number, padding: PADDING } });

const start = (directory: string): Promise<KurrentDBServer> =>
  KurrentDBServer.start('--data', directory, '--insecure', '--port', '0');

/** Overwrites the pages with the event of that number: the server does not read them when it starts. */
function damage(directory: string, number: number): void {
  const path = join(directory, 'store.mdb');
  const bytes = readFileSync(path);
  const text = `"number":${number},`;
  let found = 0;
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1), found++) {
    const page = at - (at % PAGE_BYTES);
    bytes.fill(0xa5, page, page + PAGE_BYTES);
  }
  if (found === 0) throw new Error(`no page has ${text}`);
  writeFileSync(path, bytes);
}

/** Id of the process that visits the store of a server. */
function visitorOf(server: KurrentDBServer): number | undefined {
  const { pid = NaN } = server;
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').map(Number).filter(Boolean)[0];
}

describe('a store whose server was killed', () => {
  let root: string;
  /** A store of {@link LARGE_BYTES} whose server was killed. */
  let large: string;
  let directory: string;
  const servers: KurrentDBServer[] = [];
  const serve = async (): Promise<KurrentDBServer> => {
    const server = await start(directory);
    servers.push(server);
    return server;
  };
  const has = (file: string): boolean => existsSync(join(directory, file));
  const hasEnded = (server: KurrentDBServer): Promise<void> => until(() => !server.isRunning, 'the server has ended');

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'store-check-'));
    large = join(root, 'large');
    const server = await start(large);
    const client = KurrentDBClient.connectionString(server.connectionString);
    for (let number = 0; statSync(join(large, 'store.mdb')).size < 1.5 * LARGE_BYTES; number += EVENTS_PER_APPEND)
      await client.appendToStream(
        STREAM,
        Array.from({ length: EVENTS_PER_APPEND }, (_, index) => padded(number + index)),
      );
    await client.dispose();
    await server.kill('SIGKILL');
  }, 60_000);
  afterAll(() => rmSync(root, { recursive: true }));

  /** Output of a service that ends: after it has started, or before it listens. */
  const outputUntilEnded = async (): Promise<string> => {
    try {
      const service = await ServiceProcess.start({ DATA_DIR: join(directory, '..'), ...AUTH });
      await until(() => service.hasExited, 'the service has ended');
      return service.output.join('\n');
    } catch (error) {
      expect(String(error)).toContain('The service exited with 1 before it was started');
      return String(error);
    }
  };

  beforeEach(() => {
    directory = join(root, 'data', 'kurrentdb');
    cpSync(large, directory, { recursive: true });
  });
  afterEach(async () => {
    await ServiceProcess.killAll();
    await Promise.all(servers.splice(0).map((server) => server.kill('SIGKILL')));
    rmSync(join(root, 'data'), { recursive: true });
  });

  it('is served while it is visited, and like one that was closed once it proved sound', async () => {
    let stops = 0;
    for (; has('in-use') || has('unverified'); stops++) {
      const server = await serve();
      if (stops === 0) expect(has('unverified')).toBe(true);
      await until(() => visitorOf(server) === undefined);
      await server.kill('SIGTERM');
      expect(stops).toBeLessThan(10);
    }
    const server = await serve();
    expect(visitorOf(server)).toBeUndefined();
    expect(has('unverified')).toBe(false);
  }, 60_000);

  it('ends the server if it is found damaged beside it, and is not served again', async () => {
    damage(directory, 1000);
    const server = await serve();
    await hasEnded(server);
    const line = `${join(directory, 'store.mdb')} is damaged and was not opened: `;
    expect(server.output.join('\n')).toContain(line);
    expect(readdirSync(directory)).toEqual(expect.arrayContaining(['in-use', 'unverified']));
    await expect(start(directory)).rejects.toThrow(line);
    await expect(start(directory)).rejects.toThrow(line);

    const service = await ServiceProcess.start({ DATA_DIR: join(directory, '..'), ...AUTH });
    expect((await service.get('/livez')).status).toBe(200);
    expect((await service.get('/readyz')).status).toBe(503);
    expect(service.output.join('\n')).toContain(line);
    expect(await service.stop()).toBe(0);
  }, 60_000);

  it('ends the service if it is found damaged beside it, whose next start is one without the store', async () => {
    damage(directory, 1000);
    expect(await outputUntilEnded()).toContain(`${join(directory, 'store.mdb')} is damaged`);
    const second = await ServiceProcess.start({ DATA_DIR: join(directory, '..'), ...AUTH });
    expect((await second.get('/livez')).status).toBe(200);
    expect((await second.get('/readyz')).status).toBe(503);
  }, 60_000);

  it('is visited before it is served if its server was killed again soon', async () => {
    await (await serve()).kill('SIGKILL');
    damage(directory, 1000);
    await expect(start(directory)).rejects.toThrow('is damaged and was not opened');
  }, 60_000);

  it('is not taken for damaged because something else ended the process that visits it', async () => {
    const server = await serve();
    await until(() => visitorOf(server) !== undefined, 'it is visited', { withinMs: 5_000, everyMs: 1 });
    process.kill(visitorOf(server) ?? NaN, 'SIGINT');
    await until(() => server.output.join('\n').includes('the process that reads the store was ended by SIGINT'));
    expect(server.isRunning).toBe(true);
    expect(has('unverified')).toBe(true);
  }, 60_000);

  it('is visited before it is served if it is small', async () => {
    rmSync(directory, { recursive: true });
    const small = await serve();
    const client = KurrentDBClient.connectionString(small.connectionString);
    for (let number = 0; number < 200; number++) await client.appendToStream(STREAM, padded(number));
    await client.dispose();
    await small.kill('SIGKILL');
    damage(directory, 50);
    await expect(start(directory)).rejects.toThrow('is damaged and was not opened');
    expect(has('in-use')).toBe(true);
  }, 60_000);
});
