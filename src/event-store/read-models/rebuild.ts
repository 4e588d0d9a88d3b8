import { renameSync, rmSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { sleep } from '../../common/wait.js';
import { type EventStore, type Position } from '../domain/index.js';
import { ReadModel, type ReadModelDefinition } from './read-model.js';
import { ReadModelDirectory } from './read-model-directory.js';

/** How far a rebuild has come. */
export interface RebuildProgress {
  /** Applied so far. */
  readonly events: number;
  readonly seconds: number;
  /** Everything up to here is in the new tables; undefined where there is nothing yet. */
  readonly position: Position | undefined;
}

const LOOK_AFTER_MS = 20;
const REPORT_AFTER_MS = 1_000;
/** An interruption that nothing follows for so long has failed the rebuild. */
const GIVE_UP_AFTER_MS = 30_000;

/**
 * Builds a read model anew from the streams, beside the one that is there, and puts it in its place when it has caught up with them.
 *
 * @param directory of the read model; held meanwhile, so that no service works on it
 * @param report told how far it is, about once a second
 * @returns how far it was at the end
 * @throws Error where a process works on the read model, or the streams cannot be followed to their end: the old tables stay then
 */
export async function rebuildReadModel(
  definition: ReadModelDefinition,
  store: Pick<EventStore, 'subscribeToAll' | 'identity'>,
  directory: string,
  report: (progress: RebuildProgress) => void,
): Promise<RebuildProgress> {
  const old = ReadModelDirectory.open(directory);
  // Not with a dot: LMDB takes that for the name of a file.
  const unfinished = `${directory}-new`;
  let progress: RebuildProgress;
  try {
    rmSync(unfinished, { recursive: true, force: true });
    progress = await build(new ReadModel(definition, store, unfinished), report);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    old.close();
    throw error;
  }
  // Should a service start between these two, the second fails, and the service builds the tables itself.
  rmSync(directory, { recursive: true });
  renameSync(unfinished, directory);
  return progress;
}

async function build(model: ReadModel, report: (progress: RebuildProgress) => void): Promise<RebuildProgress> {
  const begun = performance.now();
  let events = 0;
  let lastBatch = begun;
  const stopListening = model.listen((applied) => {
    events += applied.length;
    lastBatch = performance.now();
  });
  const progress = (): RebuildProgress => ({
    events,
    seconds: (performance.now() - begun) / 1_000,
    position: model.position,
  });
  try {
    await model.start();
    for (let reported = begun; !model.isCaughtUp; await sleep(LOOK_AFTER_MS)) {
      const now = performance.now();
      if (model.interruption && now - lastBatch > GIVE_UP_AFTER_MS) throw model.interruption;
      if (now - reported < REPORT_AFTER_MS) continue;
      reported = now;
      report(progress());
    }
    return progress();
  } finally {
    stopListening();
    await model.stop();
  }
}
