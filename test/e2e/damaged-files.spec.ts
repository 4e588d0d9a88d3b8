import { readdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiCaller } from '../support/api-caller.js';
import { outputOf, runCommand } from '../support/command-line.js';
import { eventually } from '../support/eventually.js';
import { keysDirOf, makeDataDir, ready, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { AUTH } from '../support/tokens.js';
import { historyOf } from '../support/user-streams-service.js';

const STREAM = '/api/users/alice/streams/activity/damaged';
const MARK = 'a-mark-in-the-data';

describe('a service whose files were damaged while it was down', () => {
  let dataDir: string;
  let environment: Record<string, string>;

  const inDataDir = (...names: string[]): string => join(dataDir, ...names);
  const start = (): Promise<ServiceProcess> => ServiceProcess.start(environment);
  const aliceOf = (service: ServiceProcess): Promise<ApiCaller> => ApiCaller.of(() => service.url, 'alice');

  /** Runs the service until a stream has events, and ends it. */
  async function writeStream(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const service = await ready(await start());
    const alice = await aliceOf(service);
    expect((await alice.put(STREAM, { data: { details: { first: 1 } } })).status).toBe(201);
    for (const value of [1, MARK, 3])
      expect((await alice.patch(STREAM, { data: { details: { value } } })).status).toBe(200);
    await service.kill(signal);
    await service.exit();
  }

  /** Flips a bit in each occurrence of a string in a file. */
  function damage(path: string, text: string): void {
    const bytes = readFileSync(path);
    for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1))
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    writeFileSync(path, bytes);
  }

  beforeEach(() => {
    dataDir = makeDataDir();
    environment = { DATA_DIR: dataDir, ...AUTH };
  });
  afterEach(async () => {
    await ServiceProcess.killAll();
    removeDataDir(dataDir);
  });

  it.each([
    ['is truncated', (path: string) => truncateSync(path, statSync(path).size / 2)],
    [
      'consists of wrong pages',
      (path: string) => {
        const bytes = readFileSync(path);
        writeFileSync(path, bytes.fill(0xa5, 2 * 4096));
      },
    ],
  ])(
    'starts without a store that %s, answers 503, and names the file in the log',
    async (_, change) => {
      await writeStream('SIGKILL');
      const path = inDataDir('kurrentdb', 'store.mdb');
      change(path);
      for (let round = 0; round < 2; round++) {
        const service = await start();
        const answers = await eventually(
          async () => [(await service.get('/livez')).status, (await service.get('/readyz')).status],
          ([live]) => live === 200,
        );
        expect(answers).toEqual([200, 503]);
        expect((await (await aliceOf(service)).get(STREAM)).status).toBe(503);
        const line = service.output
          .join('\n')
          .split('\n')
          .find((text) => text.includes(`${path} is damaged`));
        expect(line).toContain('store salvage');
        expect(await service.stop()).toBe(0);
      }
    },
    120_000,
  );

  it('lists the damage of a store, and salvages the other events into a store that it runs on', async () => {
    await writeStream('SIGTERM');
    expect(await outputOf(environment, 'store', 'verify')).toBe('no damage');
    damage(inDataDir('kurrentdb', 'store.mdb'), MARK);
    const verified = await runCommand(environment, 'store', 'verify');
    expect(verified).toMatchObject({ exitCode: 1, stdout: '' });
    expect(verified.stderr).toMatch(/@\d+: the stored data are damaged \(wrong checksum\)/);

    expect(await outputOf(environment, 'store', 'salvage')).toMatch(
      /lost: .*wrong checksum[^]*copied \d+ events to .*kurrentdb-salvaged, 1 could not be read/,
    );
    renameSync(inDataDir('kurrentdb'), inDataDir('kurrentdb-before'));
    renameSync(inDataDir('kurrentdb-salvaged'), inDataDir('kurrentdb'));
    expect(await outputOf(environment, 'store', 'verify')).toBe('no damage');
    const alice = await aliceOf(await ready(await start()));
    const revisions = (await historyOf(alice, STREAM)).map(({ revision }) => revision);
    expect(revisions).toEqual([0, 1, 2, 4]);
  }, 120_000);

  it('does not touch the store of a running service', async () => {
    const service = await ready(await start());
    const { exitCode, stderr } = await runCommand(environment, 'store', 'salvage');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('is in use by process');
    expect(await service.stop()).toBe(0);
  }, 60_000);

  it.each([
    ['the TLS key', 'tls/node.key', (path: string) => damage(path, 'MIG')],
    ['the certificate', 'tls/node.crt', (path: string) => damage(path, 'MIIB')],
    ['a certificate of another CA', 'tls/ca.crt', (path: string) => renameSync(`${path}.other`, path)],
    ['the password', 'admin-password', (path: string) => writeFileSync(path, Buffer.of(0x80, 0x41, 0x0a))],
    ['another password', 'admin-password', (path: string) => writeFileSync(path, 'another\n')],
  ])(
    'is ready with %s damaged, and logs what was recreated',
    async (_, file, change) => {
      const pathOf = (): string => {
        const [keys = ''] = readdirSync(keysDirOf(dataDir));
        return join(keysDirOf(dataDir), keys, ...file.split('/'));
      };
      if (file.endsWith('ca.crt')) {
        await writeStream('SIGTERM');
        const other = readFileSync(pathOf());
        rmSync(inDataDir('kurrentdb'), { recursive: true });
        rmSync(keysDirOf(dataDir), { recursive: true });
        await writeStream('SIGTERM');
        writeFileSync(`${pathOf()}.other`, other);
      } else await writeStream('SIGTERM');
      change(pathOf());
      const service = await ready(await start());
      const alice = await aliceOf(service);
      expect((await historyOf(alice, STREAM)).map(({ revision }) => revision)).toEqual([0, 1, 2, 3, 4]);
      expect(service.output.join('')).toMatch(/did not fit each other and were recreated|was not that of the user/);
      await service.stop();
      const again = await ready(await start());
      expect(again.output.join('')).not.toMatch(/recreated|was not that of the user/);
    },
    120_000,
  );
});
