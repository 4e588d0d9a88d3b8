import { type CheckedTable, type Table } from './checked-table.js';

/** The tables of a store; `Tables` describes them. */
export interface TableSet {
  readonly events: Table;
  readonly revisions: Table;
  readonly eventIds: Table;
  readonly streams: CheckedTable;
  readonly links: CheckedTable;
  readonly gaps: CheckedTable;
  readonly users: CheckedTable;
  readonly state: CheckedTable;
}

/** Position of the first event. */
export const FIRST_POSITION = 1;

/** Keys of the table `state`. */
export const STATE = {
  nextPosition: Buffer.from('nextPosition'),
  nextStreamId: Buffer.from('nextStreamId'),
  /** Position up to which the table of event ids is complete. */
  eventIdsIndexedTo: Buffer.from('eventIdsIndexedTo'),
  /** Position up to which the index streams are complete; absent if they are. */
  linkedTo: Buffer.from('linkedTo'),
  /** Events from this position on have a checksum. */
  checksumsFrom: Buffer.from('checksumsFrom'),
} as const;
