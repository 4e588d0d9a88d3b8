import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type EventStore } from '../domain/index.js';
import { ReadModel, type ReadModelDefinition } from './read-model.js';
import { type RebuildProgress, rebuildReadModel } from './rebuild.js';

/** Opens read models under one directory, and removes what other versions of them left there. */
export class ReadModels {
  constructor(
    private readonly store: EventStore,
    private readonly directory: string,
  ) {}

  /** @throws Error where another process works on it */
  open(definition: ReadModelDefinition): ReadModel {
    return new ReadModel(definition, this.store, this.#directoryOf(definition));
  }

  /**
   * Builds a read model anew from the streams and puts it in the place of the one that is there.
   *
   * @throws as {@link rebuildReadModel}
   */
  rebuild(definition: ReadModelDefinition, report: (progress: RebuildProgress) => void): Promise<RebuildProgress> {
    return rebuildReadModel(definition, this.store, this.#directoryOf(definition), report);
  }

  #directoryOf({ name, version }: ReadModelDefinition): string {
    mkdirSync(this.directory, { recursive: true });
    const current = `${name}-v${version}`;
    const ofThisModel = new RegExp(`^${name}-v\\d+$`);
    for (const entry of readdirSync(this.directory)) {
      if (ofThisModel.test(entry) && entry !== current) rmSync(join(this.directory, entry), { recursive: true });
    }
    return join(this.directory, current);
  }
}
