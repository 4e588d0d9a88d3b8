import { type Command } from 'commander';
import { withStore } from '../../../command-line/index.js';
import { type RebuildProgress } from '../../../event-store/index.js';

export function addUptimeCommands(program: Command): void {
  const uptime = program.command('uptime').description('history of uptime');
  uptime
    .command('rebuild')
    .description('rebuild the read model of uptime from the streams; no service may run on the same DATA_DIR meanwhile')
    .action(rebuild);
}

async function rebuild(): Promise<void> {
  const [{ ReadModels }, { uptimeReadModel }, { UptimeEventsModule }] = await Promise.all([
    import('../../../event-store/index.js'),
    import('../read-model/uptime-read-model.js'),
    import('../../uptime-events.module.js'),
  ]);
  const progress = await withStore(
    UptimeEventsModule,
    (context) =>
      context.get(ReadModels).rebuild(uptimeReadModel, (soFar) => process.stdout.write(`${describe(soFar)}\n`)),
    'leave',
  );
  process.stdout.write(`Rebuilt: ${describe(progress)}\n`);
}

function describe({ events, seconds, position }: RebuildProgress): string {
  const rate = Math.round(events / Math.max(seconds, 0.001));
  return (
    `${events.toLocaleString('en')} events applied in ${seconds.toFixed(1)} s` +
    `, ${rate.toLocaleString('en')}/s, up to position ${position?.commit ?? 'none'}`
  );
}
