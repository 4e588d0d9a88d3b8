import { renameSync, rmSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { sleep } from '../../common/wait.js';
import { type EventStore, type Position } from '../domain/index.js';
import { ReadModel, type ReadModelDefinition } from './read-model.js';
import { ReadModelDirectory } from './read-model-directory.js';

/** Progress of a rebuild. */
export interface RebuildProgress {
  /** Applied so far. */
  readonly events: number;
  readonly seconds: number;
  /** All events up to here have been applied; undefined before the first batch. */
  readonly position: Position | undefined;
}

const POLL_MS = 20;
const REPORT_EVERY_MS = 1_000;
/** A rebuild fails if no batch has been applied for this long after an interruption. */
const GIVE_UP_AFTER_MS = 30_000;

/**
 * Rebuilds a read model from the streams in a directory beside it, and replaces it once it has caught up.
 *
 * @param directory of the read model; locked meanwhile, so that no service opens it
 * @param report called about once a second
 * @returns the final progress
 * @throws Error if another process has the read model open, or the streams cannot be read to their end; the old tables
 *   are kept
 */
export async function rebuildReadModel(
  definition: ReadModelDefinition,
  store: Pick<EventStore, 'subscribeToAll' | 'identity'>,
  directory: string,
  report: (progress: RebuildProgress) => void,
): Promise<RebuildProgress> {
  const old = ReadModelDirectory.open(directory);
  // Without a dot: LMDB opens a path with an extension as a file.
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
  // If a service starts between these two, the second fails, and the service rebuilds the tables itself.
  old.remove();
  renameSync(unfinished, directory);
  return progress;
}

async function build(model: ReadModel, report: (progress: RebuildProgress) => void): Promise<RebuildProgress> {
  const startedAt = performance.now();
  let events = 0;
  let lastBatch = startedAt;
  const stopListening = model.listen({
    onEvents: (applied) => {
      events += applied.length;
      lastBatch = performance.now();
    },
  });
  const progress = (): RebuildProgress => ({
    events,
    seconds: (performance.now() - startedAt) / 1_000,
    position: model.position,
  });
  try {
    await model.start();
    for (let reported = startedAt; !model.isCaughtUp; await sleep(POLL_MS)) {
      const now = performance.now();
      if (model.interruption && now - lastBatch > GIVE_UP_AFTER_MS) throw model.interruption;
      if (now - reported < REPORT_EVERY_MS) continue;
      reported = now;
      report(progress());
    }
    return progress();
  } finally {
    stopListening();
    await model.stop();
  }
}
