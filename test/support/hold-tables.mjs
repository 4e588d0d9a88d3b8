// Preloaded by a service (`--import`): its tables of user streams receive each event
// HOLD_TABLES_MS after its append. Everything else is as built.
import { setTimeout } from 'node:timers/promises';
import { ReadModel } from '../../dist/event-store/read-models/read-model.js';

const HOLD_MS = Number(process.env.HOLD_TABLES_MS);
const { applyBatch } = ReadModel.prototype;

ReadModel.prototype.applyBatch = async function (batch) {
  const last = batch.events.at(-1);
  if (last && this.name === 'user-streams') await setTimeout(Math.max(0, last.created + HOLD_MS - Date.now()));
  return applyBatch.call(this, batch);
};
