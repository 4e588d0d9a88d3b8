/**
 * Process that prints what can be read of a spool, one JSON line per row: LMDB may end the process that reads a damaged
 * file.
 */
import '../../common/private-umask.js';
import { writeSync } from 'node:fs';
import { SpoolTables } from './spool-tables.js';

const STDOUT = 1;
const print = (row: unknown): void => void writeSync(STDOUT, `${JSON.stringify(row)}\n`);

const tables = SpoolTables.open(process.argv[2] ?? '');
print({ count: tables.sampleCount });
for (const [key, value] of tables.meta()) print({ meta: key, value });
for (const [key, sample] of tables.samples()) if (sample !== undefined) print({ key, sample });
