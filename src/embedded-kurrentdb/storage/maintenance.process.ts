/**
 * Process that reads a store which may be damaged: LMDB may end it. Usage: `walk|walk-beside|verify DIR` or
 * `salvage DIR NEW-DIR`. Prints what it finds, one line each; exits with 1 if that is damage.
 */
import '../../common/private-umask.js';
import { ABORT, open } from 'lmdb';
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { checkPages } from '../../common/lmdb/page-check.js';
import { LogStore } from './log-store.js';
import { salvage } from './salvage.js';
import { STORE_FILE, validateStoreFiles } from './store-file.js';
import { verifyStore } from './verify.js';

const STDOUT = 1;
/** Values that need pages of their own, out of the free ones if there are some. */
const TRIALS = 8;
const TRIAL_BYTES = 10_000;
const print = (line: string): void => void writeSync(STDOUT, `${line}\n`);

/** Visits the pages of all tables. Changes nothing; without a server it also tries to allocate pages. */
async function walk(directory: string, isBesideServer: boolean): Promise<void> {
  const path = join(directory, STORE_FILE);
  if (!isBesideServer) {
    validateStoreFiles(directory);
    checkPages(path);
  }
  const root = open<Buffer, Buffer>({
    path,
    noSubdir: true,
    readOnly: isBesideServer,
    maxDbs: 16,
    encoding: 'binary',
    keyEncoding: 'binary',
  });
  if (isBesideServer) {
    root.getKeysCount({ limit: 1 }); // begins a read transaction, which lasts until something is awaited
    checkPages(path);
  } else
    root.transactionSync(() => {
      for (let n = 0; n < TRIALS; n++) root.putSync(Buffer.from(`trial ${n}`), Buffer.alloc(TRIAL_BYTES));
      return ABORT;
    });
  await root.close();
}

async function verify(directory: string): Promise<boolean> {
  const store = LogStore.open({ directory, durable: true });
  let isSound = true;
  for (const damage of verifyStore(store)) {
    isSound = false;
    print(damage);
  }
  await store.close();
  return isSound;
}

const [, , task, directory = '', target = ''] = process.argv;
try {
  if (task === 'walk' || task === 'walk-beside') await walk(directory, task === 'walk-beside');
  else if (task === 'verify') process.exitCode = (await verify(directory)) ? 0 : 1;
  else {
    const { copied, lost } = await salvage(directory, target, (event) => print(`lost: ${event}`));
    print(`copied ${copied} events to ${target}, ${lost} could not be read`);
  }
} catch (error) {
  print(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
