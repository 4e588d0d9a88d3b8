import { connect, type Socket } from 'node:net';
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { ApiCaller, type RawRequest, send } from '../support/api-caller.js';
import { sleep } from '../support/eventually.js';
import { BOUNDED_HEAP, Heap } from '../support/heap.js';
import { expectUndisturbed, experienceOf, withOthers } from '../support/other-callers.js';
import { makeDataDir, ready, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { AUTH, tokenFor } from '../support/tokens.js';

const MEGABYTE = 1_048_576;
/** Half of the limit of a body: 786,422 levels. */
const LEVELS = 786_422;
const PER_SECOND = 20;
const ATTACK_MS = 3_000;
const READ = '/api/users/alice/streams/profile';

const JSON_TYPE = { 'content-type': 'application/json' };
const gzipped = (text: string): Pick<RawRequest, 'headers' | 'body'> => ({
  headers: { ...JSON_TYPE, 'content-encoding': 'gzip' },
  body: gzipSync(text, { level: 9 }),
});
const brotli = (bytes: number, character: string): Buffer =>
  brotliCompressSync(Buffer.alloc(bytes, character), { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });

const NESTED = gzipped('['.repeat(LEVELS) + ']'.repeat(LEVELS));
const NESTED_OBJECTS = gzipped('{"a":'.repeat(250_000));
const BOMB = { headers: { ...JSON_TYPE, 'content-encoding': 'br' }, body: brotli(64 * MEGABYTE, ' ') };
const DEFLATED = {
  headers: { ...JSON_TYPE, 'content-encoding': 'deflate' },
  body: deflateSync(Buffer.alloc(64 * MEGABYTE, '[')),
};
const members = (count: number): string =>
  `{${Array.from({ length: count }, (_, index) => `"k${index}":0`).join(',')}}`;
/** In place of a short string, so that the schema of the data refuses it if nothing else does. */
const plain = (json: string): Pick<RawRequest, 'headers' | 'body'> => ({
  headers: JSON_TYPE,
  body: `{"data":{"action":${json}}}`,
});
const inData = (json: string): Pick<RawRequest, 'headers' | 'body'> => gzipped(`{"data":{"details":{"x":${json}}}}`);

/** A request, and the status of every answer to it. */
interface Attack extends RawRequest {
  readonly status: number;
}

const OWN = '/api/users/mallory/streams';
/** Requests without credentials, to paths of all kinds. */
const ANONYMOUS: Readonly<Record<string, Attack>> = {
  'nested arrays to an unknown path': { method: 'POST', path: '/api/nothing', status: 404, ...NESTED },
  'nested arrays to a route that requires authentication': {
    method: 'PUT',
    path: `${OWN}/profile`,
    status: 401,
    ...NESTED,
  },
  'nested arrays to an open route': { method: 'POST', path: '/api/uptime/create-streams', status: 400, ...NESTED },
  'nested arrays to the documentation': { method: 'POST', path: '/api/docs', status: 405, ...NESTED },
  'nested arrays to a GET route': { method: 'GET', path: '/api/docs-json', status: 200, ...NESTED },
  'nested arrays to a health endpoint': { method: 'POST', path: '/livez', status: 405, ...NESTED },
  'nested objects to an open route': {
    method: 'POST',
    path: '/api/uptime/create-streams',
    status: 400,
    ...NESTED_OBJECTS,
  },
  'a Brotli bomb': { method: 'POST', path: '/api/uptime/create-streams', status: 413, ...BOMB },
  'a deflate bomb': { method: 'POST', path: '/api/uptime/create-streams', status: 400, ...DEFLATED },
  'thousands of headers': {
    method: 'GET',
    path: '/api/nothing',
    status: 404,
    headers: Object.fromEntries(Array.from({ length: 1_500 }, (_, index) => [`h${index}`, 'x'])),
  },
};
/** Requests of a user to a stream that this user may write. */
const AUTHENTICATED: Readonly<Record<string, Attack>> = {
  'nested arrays': { method: 'PUT', path: `${OWN}/activity`, status: 400, ...NESTED },
  'a wide array of numbers': {
    method: 'PUT',
    path: `${OWN}/activity`,
    status: 413,
    ...inData(`[${'0,'.repeat(700_000)}0]`),
  },
  'a wide array of objects': {
    method: 'PUT',
    path: `${OWN}/activity`,
    status: 413,
    ...inData(`[${'{},'.repeat(400_000)}0]`),
  },
  'many members': { method: 'PUT', path: `${OWN}/activity`, status: 413, ...inData(members(120_000)) },
  'a long number': { method: 'PUT', path: `${OWN}/activity`, status: 400, ...plain('1'.repeat(1_500_000)) },
  'a string of escapes': {
    method: 'PUT',
    path: `${OWN}/activity`,
    status: 400,
    ...plain(`"${'\\u005b'.repeat(250_000)}"`),
  },
  'a hundred thousand tags': {
    method: 'POST',
    path: OWN,
    status: 413,
    ...gzipped(JSON.stringify({ type: 'activity', tags: Array.from({ length: 100_000 }, (_, index) => `t${index}`) })),
  },
  'a hundred thousand grantees': {
    method: 'PATCH',
    path: '/api/users/alice/streams/profile/default/metadata',
    status: 413,
    ...gzipped(JSON.stringify({ permissions: { read: Array.from({ length: 100_000 }, (_, index) => `u${index}`) } })),
  },
  'a Brotli bomb': { method: 'PUT', path: `${OWN}/activity`, status: 413, ...BOMB },
};

describe('a service with 512 MB, attacked with request bodies', () => {
  let dataDir: string;
  let service: ServiceProcess;
  let alice: ApiCaller;
  let credentials: Readonly<Record<string, string>>;
  let heap: Heap;

  beforeAll(async () => {
    dataDir = makeDataDir();
    service = await ready(await ServiceProcess.start({ DATA_DIR: dataDir, ...AUTH, ...BOUNDED_HEAP }));
    alice = await ApiCaller.of(() => service.url, 'alice');
    credentials = { authorization: `Bearer ${await tokenFor({ user: 'mallory' })}` };
    expect((await alice.put(READ, { data: {} })).status).toBe(201);
    heap = await Heap.of(service);
    // Code is compiled and caches are filled before anything is measured.
    for (const request of Object.values(ANONYMOUS)) await send(service.url, request).catch(() => undefined);
    await experienceOf(alice, READ);
  }, 120_000);

  afterAll(async () => {
    await ServiceProcess.killAll();
    removeDataDir(dataDir);
  });

  /** Sends the request again and again, whether it is answered or not. @returns the statuses of the answers */
  const attack = async (request: RawRequest): Promise<ReadonlySet<number>> => {
    const statuses = new Set<number>();
    const sent: Promise<unknown>[] = [];
    const end = performance.now() + ATTACK_MS;
    while (performance.now() < end) {
      sent.push(
        send(service.url, request).then(
          ({ status }) => statuses.add(status),
          () => undefined,
        ),
      );
      await sleep(1_000 / PER_SECOND);
    }
    await Promise.all(sent);
    return statuses;
  };

  const withstand = async ({ status, ...request }: Attack): Promise<void> => {
    const before = await heap.used();
    const quiet = await experienceOf(alice, READ);
    const { result: statuses, others } = await withOthers(attack(request), alice, READ);
    expect([...statuses]).toEqual([status]);
    expectUndisturbed(others, quiet);
    expect((await heap.used()) - before).toBeLessThan(50 * MEGABYTE);
    expect(service.hasExited).toBe(false);
  };

  it.each(Object.entries(ANONYMOUS))('serves others during %s', (_, request) => withstand(request), 60_000);

  it.each(Object.entries(AUTHENTICATED))(
    'serves others during %s of a user',
    (_, request) => withstand({ ...request, headers: { ...request.headers, ...credentials } }),
    60_000,
  );

  it('bounds the memory of bodies that users send slowly', async () => {
    const before = await heap.used();
    const { hostname, port } = new URL(service.url);
    const head =
      `PUT ${OWN}/activity HTTP/1.1\r\nHost: x\r\nAuthorization: ${credentials.authorization}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${1.5 * MEGABYTE}\r\n\r\n{"data":{"details":{"x":"`;
    const part = 'x'.repeat(MEGABYTE);
    const sockets = Array.from({ length: 200 }, () => connect(Number(port), hostname));
    const answers = new Set<string>();
    const read = (socket: Socket): void => {
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => answers.add(chunk.toString('latin1').split('\r\n', 1)[0] ?? ''));
    };
    for (const socket of sockets) {
      read(socket);
      socket.write(head);
      socket.write(part);
    }
    const { others } = await withOthers(sleep(ATTACK_MS), alice, READ);
    expect((await heap.used()) - before).toBeLessThan(100 * MEGABYTE);
    expect([...answers]).toEqual(['HTTP/1.1 429 Too Many Requests']);
    expect(others.livez).toBeLessThan(1_000);
    for (const socket of sockets) socket.destroy();
    await sleep(1_000);
    expect((await heap.used()) - before).toBeLessThan(50 * MEGABYTE);
  }, 60_000);

  it('ends on SIGTERM, attacked or not', async () => {
    // A process with a debugger waits for it at its end.
    heap.close();
    let isAttacked = true;
    const attacker = (async () => {
      while (isAttacked) {
        send(service.url, { method: 'POST', path: '/api/nothing', ...NESTED }).catch(() => undefined);
        await sleep(1_000 / PER_SECOND);
      }
    })();
    await sleep(500);
    const start = performance.now();
    try {
      expect(await service.stop()).toBe(0);
    } finally {
      isAttacked = false;
    }
    expect(performance.now() - start).toBeLessThan(10_000);
    await attacker;
  }, 60_000);
});
