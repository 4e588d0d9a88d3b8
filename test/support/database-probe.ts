import { systemClock as clock } from '../../src/common/clock.js';
import { randomString as random } from '../../src/common/random-string.js';
import { type NameResolver, systemNames } from '../../src/common/network/name-resolver.js';
import { type ProbeResult } from '../../src/uptime/domain/index.js';
import { databaseForUrl } from '../../src/uptime/probing/probes/database/database-for-url.js';
import { DatabaseProbe } from '../../src/uptime/probing/probes/database/database.probe.js';

export function createDatabaseProbe(url: string, query?: string, names: NameResolver = systemNames): DatabaseProbe {
  return new DatabaseProbe(databaseForUrl(url, query, { clock, names, random, timeoutMs: 5_000 }), clock);
}

export function probeDatabase(url: string, query?: string): Promise<ProbeResult> {
  return createDatabaseProbe(url, query).probe(new AbortController().signal);
}
