import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type EventStore } from '../domain/index.js';
import { ReadModel, type ReadModelDefinition } from './read-model.js';

/** Opens read models under one directory, and removes what other versions of them left there. */
export class ReadModels {
  constructor(
    private readonly store: EventStore,
    private readonly directory: string,
  ) {}

  open(definition: ReadModelDefinition): ReadModel {
    mkdirSync(this.directory, { recursive: true });
    const current = `${definition.name}-v${definition.version}`;
    const ofThisModel = new RegExp(`^${definition.name}-v\\d+$`);
    for (const entry of readdirSync(this.directory)) {
      if (ofThisModel.test(entry) && entry !== current) rmSync(join(this.directory, entry), { recursive: true });
    }
    return new ReadModel(definition, this.store, join(this.directory, current));
  }
}
