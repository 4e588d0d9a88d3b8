import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep, until } from '../../../test/support/eventually.js';
import { loadConfig, readConfig } from '../../config/index.js';
import { loadServices, type ReadServices } from './read-services.js';
import { ServicesFile } from './services-file.js';
import { type ServicesHandlers, type ServicesWatch } from '../domain/index.js';
import { watchServices } from './services-watch.js';

/** Longer than the detection of a change takes on a loaded machine. */
const MAX_DETECTION_MS = 10_000;
/** Long enough for a change to be detected. */
const SEVERAL_POLLS_MS = 2_500;

const yaml = (...names: readonly string[]): string =>
  `services:\n${names.map((name) => `  - { name: ${name}, kind: http, url: http://${name} }\n`).join('')}`;

describe('services file watch', () => {
  let directory: string;
  let file: string;
  let watch: ServicesWatch | undefined;
  /** Reported so far: names besides the documented three, or problems. */
  let reported: string[];

  const handlers: ServicesHandlers = {
    onServices: (services) =>
      reported.push(
        services
          .slice(3)
          .map(({ name }) => name)
          .join(' '),
      ),
    onProblem: (problems) =>
      reported.push(`problem: ${problems.map((problem) => problem.replace(`${file}: `, '')).join('; ')}`),
  };
  const load = (): ReadServices => loadServices({ UPTIME_SERVICES_FILE: file });
  const start = (running = load()): ServicesWatch =>
    (watch = watchServices(file, running, () => load().services, handlers));
  const reports = async (count: number): Promise<readonly string[]> => {
    await until(() => reported.length >= count, undefined, { withinMs: MAX_DETECTION_MS });
    return reported;
  };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'services-watch-'));
    file = join(directory, 'services.yaml');
    reported = [];
  });
  afterEach(() => {
    watch?.close();
    watch = undefined;
    rmSync(directory, { recursive: true });
  });

  it('reports all services when the file is overwritten', async () => {
    writeFileSync(file, yaml('a'));
    start();
    writeFileSync(file, yaml('a', 'b'));
    expect(await reports(1)).toEqual(['a b']);
    writeFileSync(file, yaml('b'));
    expect(await reports(2)).toEqual(['a b', 'b']);
  });

  it('reports them when the file is replaced', async () => {
    writeFileSync(file, yaml('a'));
    start();
    writeFileSync(`${file}.new`, yaml('b'));
    renameSync(`${file}.new`, file);
    expect(await reports(1)).toEqual(['b']);
  });

  it('reports them when a linked directory is swapped, as in a ConfigMap', async () => {
    const publish = (version: string, content: string): void => {
      mkdirSync(join(directory, version));
      writeFileSync(join(directory, version, 'services.yaml'), content);
      symlinkSync(version, join(directory, '..data_tmp'));
      renameSync(join(directory, '..data_tmp'), join(directory, '..data'));
    };
    publish('..1', yaml('a'));
    symlinkSync(join('..data', 'services.yaml'), file);
    start();
    publish('..2', yaml('a', 'b'));
    expect(await reports(1)).toEqual(['a b']);
  });

  it('reports a change between loading the services and starting the watch', async () => {
    writeFileSync(file, yaml('a'));
    const running = load();
    writeFileSync(file, yaml('b'));
    start(running);
    expect(await reports(1)).toEqual(['b']);
  });

  it('reports errors once, keeps the services, and reports the services when the file is valid again', async () => {
    writeFileSync(file, yaml('a'));
    start();
    writeFileSync(file, `${yaml('a')}  - { name: b, kind: smoke }\n`);
    expect(await reports(1)).toEqual([
      'problem: line 3, services.1.kind: must be one of http, websocket, database, tcp, push',
    ]);
    await sleep(SEVERAL_POLLS_MS);
    expect(reported).toHaveLength(1);
    writeFileSync(file, yaml('a'));
    expect((await reports(2)).slice(1)).toEqual(['a']);
  });

  it('reports that the file was deleted, and the services when it is back', async () => {
    writeFileSync(file, yaml('a'));
    start();
    unlinkSync(file);
    expect((await reports(1))[0]).toMatch(
      /^problem: UPTIME_SERVICES_FILE is '.*services.yaml', which cannot be read: ENOENT/,
    );
    writeFileSync(file, yaml('a', 'b'));
    expect((await reports(2)).slice(1)).toEqual(['a b']);
  });

  it('reports nothing when no service changed, or after close', async () => {
    writeFileSync(file, yaml('a'));
    const started = start();
    writeFileSync(file, `# the shop\n${yaml('a')}`);
    await sleep(SEVERAL_POLLS_MS);
    started.close();
    writeFileSync(file, yaml('b'));
    await sleep(SEVERAL_POLLS_MS);
    expect(reported).toEqual([]);
  });

  it('does not load a file that is still being written', async () => {
    const names = Array.from({ length: 25 }, (_, index) => `s${index}`);
    writeFileSync(file, yaml(...names));
    start();
    for (let written = 1; written < names.length; written++) {
      writeFileSync(file, yaml(...names.slice(0, written)));
      await sleep(100);
    }
    writeFileSync(file, yaml(...names, 'last'));
    expect(await reports(1)).toEqual([[...names, 'last'].join(' ')]);
  });

  it('reads .env again, so that a secret can be added together with its service', async () => {
    const before = process.cwd();
    writeFileSync(file, yaml('a'));
    writeFileSync(join(directory, '.env'), `UPTIME_SERVICES_FILE=${file}\n`);
    process.chdir(directory);
    try {
      watch = new ServicesFile(readConfig()).watch({
        ...handlers,
        onServices: (services) => reported.push(JSON.stringify(services.at(-1)?.target)),
      });
      writeFileSync(join(directory, '.env'), `UPTIME_SERVICES_FILE=${file}\nBACKUP_TOKEN=s3cret\n`);
      writeFileSync(file, 'services:\n  - { name: backup, kind: push, token: "${BACKUP_TOKEN}" }\n');
      expect(await reports(1)).toEqual(['{"kind":"push","token":"s3cret"}']);
    } finally {
      process.chdir(before);
    }
  });

  it('reports nothing when no file is configured', () => {
    new ServicesFile(loadConfig({})).watch(handlers).close();
    expect(reported).toEqual([]);
  });
});
