import { randomBytes } from 'node:crypto';
import { systemClock as clock } from '../../src/common/clock.js';
import { type ProbeResult } from '../../src/uptime/domain/index.js';
import { databaseForUrl } from '../../src/uptime/probing/probes/database/database-for-url.js';
import { DatabaseProbe } from '../../src/uptime/probing/probes/database/database.probe.js';

const random = (length: number): string => randomBytes(length).toString('hex').slice(0, length);

export function createDatabaseProbe(url: string, query?: string): DatabaseProbe {
  return new DatabaseProbe(databaseForUrl(url, query, { clock, random, timeoutMs: 5_000 }), clock);
}

export function probeDatabase(url: string, query?: string): Promise<ProbeResult> {
  return createDatabaseProbe(url, query).probe(new AbortController().signal);
}
