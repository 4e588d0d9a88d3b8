import { type INestApplicationContext, type Type } from '@nestjs/common';
import { type Command } from 'commander';
import { withStore } from './modules.js';

interface AdoptOptions {
  readonly accept?: true;
  readonly setAside?: readonly string[];
}

/**
 * Adds `adopt`, which decides on streams that were in the name spaces of this service before its first start.
 *
 * @param loadOwner the module that reserves streams
 */
export function addAdoptCommand(program: Command, loadOwner: () => Promise<Type>): void {
  program
    .command('adopt')
    .description(
      'list streams of KurrentDB that have names of this service, which has not begun them, and decide on them',
    )
    .option('--set-aside <name...>', 'hide the events of these streams: they do not count, and the names are free')
    .option('--accept', 'accept all others as streams of this service')
    .action(async (options: AdoptOptions) => adopt(options, await loadOwner()));
}

async function adopt({ accept, setAside = [] }: AdoptOptions, owner: Type): Promise<void> {
  const { NameSpaces } = await import('../event-store/index.js');
  await withStore(
    owner,
    async (context: INestApplicationContext) => {
      const nameSpaces = context.get(NameSpaces);
      const found = await nameSpaces.unproven();
      const unknown = setAside.filter((name) => !found.includes(name));
      if (unknown.length > 0) throw new Error(`There is nothing to decide about ${unknown.join(', ')}`);
      const others = found.filter((name) => !setAside.includes(name));
      if (others.length > 0 && accept !== true) {
        for (const name of others) process.stdout.write(`${name}\n`);
        throw new Error(
          `${others.length} streams are not decided on: look at them in KurrentDB; then name those that are not of this service ` +
            'after --set-aside, and accept the others with --accept',
        );
      }
      await nameSpaces.adopt(setAside);
      process.stdout.write(`${others.length} streams are accepted, ${setAside.length} are set aside\n`);
    },
    'leave',
  );
}
