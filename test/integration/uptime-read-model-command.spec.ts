import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../support/eventually.js';
import { type KurrentDBService } from '../../src/event-store/kurrentdb/kurrentdb.service.js';
import { type ReadModel } from '../../src/event-store/read-models/read-model.js';
import { ReadModels } from '../../src/event-store/read-models/read-models.js';
import { UNIT_MS } from '../../src/uptime/domain/index.js';
import { uptimeReadModel, UptimeReadModel } from '../../src/uptime/history/read-model/uptime-read-model.js';
import { runCommand } from '../support/command-line.js';
import { makeDataDir, removeDataDir } from '../support/service-process.js';
import { historyOf } from '../support/generated-history.js';
import { seededRandom } from '../support/seeded-random.js';
import { connect, type Connected } from '../support/connected-store.js';
import { KurrentDBServer } from '../support/kurrentdb-server.js';
import { appendHistory, uptimeStore } from '../support/uptime-store.js';

const FROM = Date.UTC(2026, 1, 1);
const DAYS = 5;
const DIRECTORY = `uptime-v${uptimeReadModel.version}`;
const WINDOW = { from: FROM, to: FROM + DAYS * 24 * UNIT_MS.hour };

describe('the command uptime rebuild', () => {
  let server: KurrentDBServer;
  let clients: Connected['clients'];
  let store: KurrentDBService;
  let dataDir: string;
  let environment: Record<string, string>;

  beforeAll(async () => {
    server = await KurrentDBServer.start('--mem-db', '--insecure', '--port', '0');
    ({ clients } = connect(server.connectionString));
    store = uptimeStore(clients);
    dataDir = makeDataDir();
    environment = {
      DATA_DIR: dataDir,
      KURRENTDB_CONNECTION_STRING: server.connectionString,
      AUTH_JWT_SECRET: 'a secret of more than 32 bytes, for tests',
    };
    const random = seededRandom(5);
    await appendHistory(store, historyOf('http', FROM, DAYS, random), random);
  });
  afterAll(async () => {
    await clients.close();
    await server.kill();
    removeDataDir(dataDir);
  });

  const open = async (): Promise<ReadModel> => {
    const model = new ReadModels(store, join(dataDir, 'read-models')).open(uptimeReadModel);
    await model.start();
    await until(() => model.isCaughtUp);
    return model;
  };
  const resultsOf = (model: ReadModel): unknown => {
    const history = new UptimeReadModel(model);
    return [
      history.totalsIn('http', WINDOW),
      history.responseTimes('http', WINDOW),
      history.errorKinds('http', WINDOW),
    ];
  };

  it('is rejected while a service uses the tables, which do not change', async () => {
    const model = await open();
    const results = resultsOf(model);
    expect(await runCommand(environment, 'uptime', 'rebuild')).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `${join(dataDir, 'read-models', DIRECTORY)} is in use by process ${process.pid}: stop it, or set DATA_DIR to a directory of its own\n`,
    });
    expect(resultsOf(model)).toEqual(results);
    await model.stop();
  });

  it('rebuilds the tables and reports the number of events in readable lines', async () => {
    const before = await open();
    const results = resultsOf(before);
    await before.stop();
    const { exitCode, stdout, stderr } = await runCommand(environment, 'uptime', 'rebuild');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.split('\n').at(-2)).toMatch(
      /^Rebuilt: \d+ events applied in \d+\.\d s, [\d,]+\/s, up to position \d+$/,
    );
    expect(readdirSync(join(dataDir, 'read-models'))).toEqual([DIRECTORY]);
    const after = await open();
    expect(resultsOf(after)).toEqual(results);
    await after.stop();
  });

  it('fails with a hint if the store is unavailable', async () => {
    const away = {
      ...environment,
      KURRENTDB_CONNECTION_STRING: 'kurrentdb://127.0.0.1:9?tls=false&maxDiscoverAttempts=1&defaultDeadline=1000',
    };
    expect(await runCommand(away, 'uptime', 'rebuild')).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(/^KurrentDB .*retry.*\n$/) as string,
    });
    expect(readdirSync(join(dataDir, 'read-models'))).toEqual([DIRECTORY]);
  });
});
