import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const root = resolve(__dirname, '../..');
const run = promisify(execFile);

interface CruiseResult {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: readonly { readonly from: string; readonly rule: { readonly name: string } }[];
  };
}

async function cruise(directory: string): Promise<CruiseResult['summary']> {
  const depcruise = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [depcruise, '--config', 'test/config/dependency-cruiser.cjs', '--output-type', 'json', 'src'];
  const { stdout } = await run(process.execPath, args, { cwd: directory, maxBuffer: 256 * 1024 * 1024 }).catch(
    (error: { stdout: string }) => error,
  );
  return (JSON.parse(stdout) as CruiseResult).summary;
}

/** Files that each violate one rule, by the name of the rule. */
const PLANTED: Readonly<Record<string, { readonly file: string; readonly code: string }>> = {
  'pure-core-direct': {
    file: 'src/uptime/domain/planted-pure-core-direct.ts',
    code: "import { Injectable } from '@nestjs/common'; export const planted = Injectable;",
  },
  'core-no-node-io': {
    file: 'src/event-store/domain/planted-core-no-node-io.ts',
    code: "import { readFileSync } from 'node:fs'; export const planted = readFileSync;",
  },
  'core-no-node-io-transitive': {
    file: 'src/uptime/probing/application/planted-core-no-node-io-transitive.ts',
    code: "import { readConfig } from '../../../config/read-config.js'; export const planted = readConfig;",
  },
  'core-gets-time-and-randomness': {
    file: 'src/event-store/domain/planted-core-gets-time-and-randomness.ts',
    code: "import { systemClock } from '../../common/clock.js'; export const planted = systemClock.now();",
  },
  'common-imports-nothing': {
    file: 'src/common/planted-common-imports-nothing.ts',
    code: "import { DomainError } from '../errors/index.js'; export const planted = DomainError;",
  },
  'errors-import-common-only': {
    file: 'src/errors/planted-errors-import-common-only.ts',
    code: "import { isServiceName } from '../event-store/domain/index.js'; export const planted = isServiceName;",
  },
  'domain-only-inward': {
    file: 'src/event-store/domain/planted-domain-only-inward.ts',
    code:
      "import { translateClientError } from '../kurrentdb/client-errors.js'; " +
      'export const planted = translateClientError;',
  },
  'application-only-inward': {
    file: 'src/user-streams/application/planted-application-only-inward.ts',
    code: "import { KurrentDBService } from '../../event-store/index.js'; export const planted = KurrentDBService;",
  },
  'commands-only-inward': {
    file: 'src/event-store/commands/planted-commands-only-inward.ts',
    code: "import { EventCodec } from '../kurrentdb/event-codec.js'; export const planted = EventCodec;",
  },
  'pure-core-transitive': {
    file: 'src/uptime/history/application/planted-pure-core-transitive.ts',
    code:
      "import { DomainExceptionFilter } from '../../../http/errors/domain-exception.filter.js'; " +
      'export const planted = DomainExceptionFilter;',
  },
  'public-surface-only': {
    file: 'src/health/planted-public-surface-only.ts',
    code: "import { EventCodec } from '../event-store/kurrentdb/event-codec.js'; export const planted = EventCodec;",
  },
  'http-not-imported-from-within': {
    file: 'src/user-streams/read-model/planted-http-not-imported-from-within.ts',
    code: "import { SseConnections } from '../http/sse-connections.js'; export const planted = SseConnections;",
  },
  'embedded-only-from-provider': {
    file: 'src/health/planted-embedded-only-from-provider.ts',
    code: "export const planted = (): Promise<unknown> => import('../embedded-kurrentdb/index.js');",
  },
  'embedded-lazily': {
    file: 'src/event-store/kurrentdb/kurrentdb-client.provider.ts',
    code: "import { start } from '../../embedded-kurrentdb/index.js'; export const planted = start;",
  },
  'embedded-knows-no-nest': {
    file: 'src/embedded-kurrentdb/planted-embedded-knows-no-nest.ts',
    code: "import { Logger } from '@nestjs/common'; export const planted = Logger;",
  },
  'embedded-stands-alone': {
    file: 'src/embedded-kurrentdb/planted-embedded-stands-alone.ts',
    code: "import { isServiceName } from '../event-store/domain/index.js'; export const planted = isServiceName;",
  },
  'uptime-slices-share-domain-only': {
    file: 'src/uptime/annotations/planted-uptime-slices-share-domain-only.ts',
    code: "import { HistoryModule } from '../history/index.js'; export const planted = HistoryModule;",
  },
  'uptime-modules-import-domain-and-modules': {
    file: 'src/uptime/live-feed/planted-uptime-modules-import-domain-and-modules.module.ts',
    code:
      "import { UptimeQueries } from '../history/application/uptime-queries.js'; " +
      'export const planted = UptimeQueries;',
  },
  'uptime-slices-entered-by-index': {
    file: 'src/uptime/planted-uptime-slices-entered-by-index.ts',
    code: "import { ChangeFeed } from './live-feed/change-feed.js'; export const planted = ChangeFeed;",
  },
  'uptime-application-only-inward': {
    file: 'src/uptime/probing/application/planted-uptime-application-only-inward.ts',
    code: "import { LmdbSpool } from '../lmdb-spool.js'; export const planted = LmdbSpool;",
  },
  'uptime-http-not-imported-from-within': {
    file: 'src/uptime/history/read-model/planted-uptime-http-not-imported-from-within.ts',
    code: "import { HoursQuery } from '../http/hours.query.js'; export const planted = HoursQuery;",
  },
  'features-do-not-know-each-other': {
    file: 'src/uptime/planted-features-do-not-know-each-other.ts',
    code: "import { HealthModule } from '../health/index.js'; export const planted = HealthModule;",
  },
  'config-knows-no-feature': {
    file: 'src/config/planted-config-knows-no-feature.ts',
    code: "import { PROBE_KINDS } from '../uptime/domain/index.js'; export const planted = PROBE_KINDS;",
  },
  'http-knows-no-feature': {
    file: 'src/http/planted-http-knows-no-feature.ts',
    code: "import { callerOfClaims } from '../identity/domain/index.js'; export const planted = callerOfClaims;",
  },
  'event-store-knows-no-feature': {
    file: 'src/event-store/kurrentdb/planted-event-store-knows-no-feature.ts',
    code: "import { UserStreamsModule } from '../../user-streams/index.js'; export const planted = UserStreamsModule;",
  },
  'no-circular': {
    file: 'src/config/planted-no-circular.ts',
    code: "import { other } from './planted-other.js'; export const planted = (): unknown => other;",
  },
};

describe('import rules', () => {
  it('have no violations', async () => {
    const { totalCruised, violations } = await cruise(root);
    expect(violations).toEqual([]);
    // Guards against a run that finds no files, which reports no violations either.
    expect(totalCruised).toBeGreaterThan(50);
  }, 120_000);

  describe('report a planted violation of', () => {
    let copy: string;
    let reported: readonly string[];

    beforeAll(async () => {
      copy = mkdtempSync(join(tmpdir(), 'planted-violations-'));
      for (const name of ['tsconfig.json', 'package.json', 'test/config', 'src'])
        cpSync(join(root, name), join(copy, name), { recursive: true });
      symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
      for (const { file, code } of Object.values(PLANTED)) writeFileSync(join(copy, file), code);
      writeFileSync(
        join(copy, 'src/config/planted-other.ts'),
        "import { planted } from './planted-no-circular.js'; export const other = (): unknown => planted;",
      );
      const { violations } = await cruise(copy);
      reported = violations.map(({ from, rule: { name } }) => `${name} in ${from}`);
    }, 120_000);

    afterAll(() => rmSync(copy, { recursive: true, force: true }));

    it.each(Object.entries(PLANTED))('%s', (rule, { file }) => {
      expect(reported).toContain(`${rule} in ${file}`);
    });
  });
});
