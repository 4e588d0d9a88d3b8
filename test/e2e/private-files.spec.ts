import { execFileSync, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { ApiCaller } from '../support/api-caller.js';
import { outputOf } from '../support/command-line.js';
import { eventually } from '../support/eventually.js';
import { KurrentDBServer } from '../support/kurrentdb-server.js';
import { keysDirOf, makeDataDir, ready, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { AUTH } from '../support/tokens.js';

const FIXTURE = resolve(__dirname, '../fixtures/data-0.1.0.tar.gz');
const MAIN = resolve(__dirname, '../../dist/main.js');
const NOBODY = 65_534;

/** A directory and everything in it, whatever its kind, with its permissions. */
function tree(root: string): readonly (readonly [path: string, mode: number])[] {
  const { mode } = lstatSync(root);
  const inside = lstatSync(root).isDirectory() ? readdirSync(root).flatMap((name) => tree(join(root, name))) : [];
  return [[root, mode & 0o7777], ...inside];
}

const openToOthers = (root: string, bits = 0o077): readonly string[] =>
  tree(root)
    .filter(([, mode]) => (mode & bits) !== 0)
    .map(([path, mode]) => `${path} ${mode.toString(8)}`);

describe('the files of a service', () => {
  const umask = process.umask();
  let directory: string;
  let dataDir: string;
  let keysDir: string;
  let store: KurrentDBServer | undefined;

  beforeEach(() => {
    process.umask(0o022); // of the processes that the tests start
    directory = makeDataDir();
    dataDir = join(directory, 'data');
    keysDir = keysDirOf(dataDir);
  });
  afterEach(async () => {
    process.umask(umask);
    await ServiceProcess.killAll();
    await store?.kill();
    store = undefined;
    removeDataDir(directory);
  });

  /** Data of version 0.1.0, as an image made the directory: open to everyone. */
  function unpackOpenData(): void {
    execFileSync('tar', ['-xzf', FIXTURE, '-C', directory]);
    execFileSync('chmod', ['-R', 'u=rwX,go=rX', dataDir]);
    expect(openToOthers(dataDir).length).toBeGreaterThan(10);
  }

  it('with an embedded store of an earlier version are closed to other accounts, and hold no key', async () => {
    unpackOpenData();
    const secrets = ['identity/jwt-secret', 'kurrentdb/admin-password', 'kurrentdb/tls/node.key'].map((name) =>
      readFileSync(join(dataDir, name), 'utf8').trim(),
    );
    const service = await ready(await ServiceProcess.start({ DATA_DIR: dataDir }));
    const token = await outputOf({ DATA_DIR: dataDir }, 'token', '--user', 'zoe');
    const zoe = new ApiCaller(() => service.url, { authorization: `Bearer ${token}` });
    expect((await zoe.put('/api/users/zoe/streams/profile', { data: { displayName: 'Zoe' } })).status).toBe(201);
    await outputOf({ DATA_DIR: dataDir }, 'api-keys', 'create', '--name', 'a-key');

    expect([...openToOthers(dataDir), ...openToOthers(keysDir)]).toEqual([]);
    expect(tree(keysDir).map(([path]) => path.slice(keysDir.length).replace(/-[0-9a-f]{12}/, '-ID'))).toEqual([
      '',
      '/jwt-secret',
      '/kurrentdb-ID',
      '/kurrentdb-ID/admin-password',
      '/kurrentdb-ID/tls',
      '/kurrentdb-ID/tls/ca.crt',
      '/kurrentdb-ID/tls/node.crt',
      '/kurrentdb-ID/tls/node.key',
    ]);
    const files = tree(dataDir).filter(([path]) => lstatSync(path).isFile());
    expect(files.length).toBeGreaterThan(5);
    for (const [path] of files) for (const secret of secrets) expect(readFileSync(path).includes(secret)).toBe(false);
    expect(await service.stop()).toBe(0);
    expect([...openToOthers(dataDir), ...openToOthers(keysDir)]).toEqual([]);
  }, 60_000);

  it('with an external store are closed to other accounts, those of the store too', async () => {
    unpackOpenData();
    const storeDir = join(directory, 'store');
    mkdirSync(storeDir);
    store = await KurrentDBServer.start('--data', storeDir, '--insecure', '--port', '0');
    const service = await ready(
      await ServiceProcess.start({
        DATA_DIR: dataDir,
        ...AUTH,
        KURRENTDB_CONNECTION_STRING: store.connectionString,
        UPTIME_INTERVAL_MS: '100',
        UPTIME_SAMPLE_WINDOW_MS: '1000',
      }),
    );
    expect(
      (await (await ApiCaller.of(() => service.url, 'zoe')).put('/api/users/zoe/streams/profile', { data: {} })).status,
    ).toBe(201);
    await eventually(
      () => existsSync(join(dataDir, 'uptime-spool', 'data.mdb')),
      (exists) => exists,
    );
    for (const model of ['uptime-v', 'user-streams-v', 'uptime-spool'])
      expect(tree(dataDir).some(([path]) => path.includes(model))).toBe(true);
    expect([...openToOthers(dataDir), ...openToOthers(storeDir)]).toEqual([]);
    expect(existsSync(keysDir)).toBe(false); // nothing here needs one
  }, 60_000);

  it('stay open to the group of a volume that Kubernetes mounted (fsGroup), and to nobody else', async () => {
    mkdirSync(dataDir);
    chmodSync(dataDir, 0o2775);
    const earlier = join(dataDir, 'earlier');
    writeFileSync(earlier, '');
    chmodSync(earlier, 0o664);
    const service = await ready(await ServiceProcess.start({ DATA_DIR: dataDir, ...AUTH }));
    expect(openToOthers(dataDir, 0o007)).toEqual([]);
    expect([statSync(dataDir).mode & 0o7777, statSync(earlier).mode & 0o777]).toEqual([0o2770, 0o660]);
    expect(await service.stop()).toBe(0);
  }, 60_000);

  describe('that the account of the service', () => {
    /** Starts the service as an account that owns nothing else. */
    const startAsNobody = (): SpawnSyncReturns<string> => {
      for (let path = directory; path !== '/tmp'; path = resolve(path, '..')) chmodSync(path, 0o755);
      return spawnSync(process.execPath, [MAIN], {
        env: { PATH: process.env.PATH, DATA_DIR: dataDir, PORT: '0' },
        uid: NOBODY,
        gid: NOBODY,
        encoding: 'utf8',
        timeout: 20_000,
      });
    };

    it('cannot close stop the start, and the message names the first of them', () => {
      mkdirSync(dataDir, { mode: 0o755 });
      writeFileSync(join(dataDir, 'readable'), '');
      chownSync(dataDir, NOBODY, NOBODY);
      const { status, stderr } = startAsNobody();
      expect(stderr).toBe(
        `DATA_DIR: '${join(dataDir, 'readable')}' is open to other accounts (mode 644) and belongs to the account 0. Private data would be ` +
          "readable: run 'chmod -R o-rwx' as that account, or set DATA_DIR to another directory\n",
      );
      expect(status).toBe(1);
    });

    it.each([
      ['cannot create', () => undefined, 'mkdir'],
      ['cannot write', () => mkdirSync(dataDir, { mode: 0o755 }), 'access'],
    ])('%s stop the start, with one line that names the variable', (_, prepare, call) => {
      prepare();
      const { status, stderr } = startAsNobody();
      expect(stderr).toBe(
        `DATA_DIR is '${dataDir}', which cannot be written (EACCES: permission denied, ${call} '${dataDir}'): ` +
          'set DATA_DIR to a directory that this process can write\n',
      );
      expect(status).toBe(1);
    });
  });
});
