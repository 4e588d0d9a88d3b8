import { type Command } from 'commander';
import { readConfig } from '../config/index.js';

/** Adds `store verify` and `store salvage`, for the embedded store of a service that does not run. */
export function addStoreCommands(program: Command): void {
  const store = program.command('store').description('The embedded store under DATA_DIR, while no service uses it');
  store
    .command('verify')
    .description('read all of it and list every damage')
    .action(() => maintain('verify'));
  store
    .command('salvage')
    .description('copy every event that can be read to DATA_DIR/kurrentdb-salvaged')
    .action(() => maintain('salvage'));
}

async function maintain(task: 'verify' | 'salvage'): Promise<void> {
  const { maintainStore } = await import('../event-store/index.js');
  const { isSound, output } = await maintainStore(task, readConfig());
  if (!isSound) throw new Error(output);
  process.stdout.write(`${output === '' ? 'no damage' : output}\n`);
}
