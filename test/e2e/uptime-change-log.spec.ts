import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, sleep } from '../support/eventually.js';
import { Replicas } from '../support/prober-replicas.js';
import { makeDataDir, ready, removeDataDir, ServiceProcess } from '../support/service-process.js';

const INFO = 30;
const WARN = 40;

interface ChangeLine {
  readonly level: number;
  readonly msg: string;
  readonly service: string;
  readonly from: string;
  readonly to: string;
  readonly since: string;
  readonly evidence: { readonly error?: string };
}

/** The lines about status changes of a service. */
function changesIn(output: readonly string[], service: string): ChangeLine[] {
  const lines = output.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as ChangeLine);
  return lines.filter((line) => line.service === service && 'from' in line);
}

describe('the log', () => {
  it('has one line for each change, by the replica that recorded it', async () => {
    const replicas = new Replicas();
    try {
      await replicas.start(2);
      await replicas.untilOneProbes();
      const recorded = (count: number): Promise<unknown> =>
        eventually(
          () => replicas.changes(),
          ({ length }) => length === count,
        );
      await recorded(1);
      await replicas.target.kill();
      await recorded(2);
      await replicas.target.start();
      await recorded(3);
      const lines = (): ChangeLine[] => replicas.all.flatMap(({ service }) => changesIn(service.output, 'http'));
      await eventually(lines, ({ length }) => length >= 3);
      await sleep(500);
      const changes = await replicas.changes();
      expect(lines().map(({ level, from, to, since }) => ({ level, from, to, since }))).toEqual([
        { level: INFO, from: 'unknown', to: 'up', since: changes[0]?.timestamp },
        { level: WARN, from: 'up', to: 'down', since: changes[1]?.timestamp },
        { level: INFO, from: 'down', to: 'up', since: changes[2]?.timestamp },
      ]);
      expect(lines().map(({ evidence }) => evidence)).toEqual(changes.map(({ metadata }) => metadata));
      expect(lines()[1]?.msg).toContain(`http is down since ${changes[1]?.timestamp}, was up: connection refused`);
    } finally {
      await replicas.stop();
    }
  });

  it('tells a change to degraded as one for the worse or for the better, without credentials', async () => {
    const directory = makeDataDir();
    try {
      const file = join(directory, 'services.yaml');
      writeFileSync(file, 'services:\n  - { name: job, kind: push, token: "${PUSH_TOKEN}", interval: 1h }\n');
      const token = 's3cret-of-the-reports';
      const service = await ready(
        await ServiceProcess.start({
          DATA_DIR: join(directory, 'data'),
          UPTIME_SERVICES_FILE: file,
          PUSH_TOKEN: token,
        }),
      );
      const message = 'cannot connect to postgres://shop:hunter2@db.example/orders';
      for (const status of ['up', 'degraded', 'down', 'degraded'])
        await service.request('POST', '/api/uptime/push/job', {
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ status, message }),
        });
      const lines = await eventually(
        () => changesIn(service.output, 'job'),
        ({ length }) => length === 4,
      );
      expect(lines.map(({ level, to }) => [level, to])).toEqual([
        [INFO, 'up'],
        [WARN, 'degraded'],
        [WARN, 'down'],
        [INFO, 'degraded'],
      ]);
      expect(lines[2]?.evidence.error).toBe('cannot connect to postgres://[redacted]@db.example/orders');
      expect(service.output.join('\n')).not.toContain('hunter2');
    } finally {
      await ServiceProcess.killAll();
      removeDataDir(directory);
    }
  });
});
