import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadConfig, variables } from '../../src/config/index.js';
import { tableRows } from '../support/markdown-table.js';

const root = resolve(__dirname, '../..');
const page = readFileSync(join(root, 'docs/limits.md'), 'utf8');

/** Settings with a number that are no limits. */
const NO_LIMITS = [
  'PORT',
  'HTTP_TRUSTED_PROXIES',
  'UPTIME_INTERVAL_MS',
  'UPTIME_JITTER_MS',
  'UPTIME_FAILURE_THRESHOLD',
  'UPTIME_SUCCESS_THRESHOLD',
];

/**
 * Constants that limit nothing a caller or an operator meets: of protocols and file formats, of Node, of messages and log lines, and
 * of what the service does by itself.
 */
const INTERNAL: Readonly<Record<string, readonly string[]>> = {
  'common/network/resolv-conf.ts': ['MAX_SERVERS', 'MAX_NDOTS', 'MAX_TIMEOUT_S', 'MAX_ATTEMPTS'],
  'common/error-code.ts': ['MAX_CAUSES'],
  'common/nearest.ts': ['MAX_LISTED'],
  'common/parse.ts': ['MAX_SHOWN_LENGTH'],
  'common/revision.ts': ['MAX_REVISION'],
  'config/value-parsers.ts': ['MIN_SECRET_BYTES'],
  'config/variables.ts': ['MIN_TIMEOUT_MS', 'MIN_INTERVAL_MS', 'MAX_THRESHOLD', 'MAX_RETRIES'],
  'event-store/event-pages.ts': ['MAX_EVENTS', 'MAX_READS'],
  'embedded-kurrentdb/grpc/call.ts': ['MAX_TIMER_MS'],
  'embedded-kurrentdb/grpc/message-reader.ts': ['MAX_BYTES_PER_VIEWED_BYTE'],
  'embedded-kurrentdb/security/hash-queue.ts': ['MAX_COUNTED_CONNECTIONS'],
  'event-store/domain/name-spaces.ts': ['MAX_SHOWN'],
  'event-store/kurrentdb/append-batcher.ts': ['MAX_WAIT_MS'],
  'event-store/kurrentdb/catch-up-subscription.ts': ['MIN_RETRY_DELAY_MS', 'MAX_RETRY_DELAY_MS'],
  'event-store/kurrentdb/connection-test.ts': ['MAX_EVENTS'],
  'event-store/kurrentdb/grpc-names.ts': ['MIN_INTERVAL_MS'],
  'event-store/kurrentdb/unanswered-append.ts': ['MAX_LOOK_INTERVAL_MS'],
  'event-store/kurrentdb/write-failures.ts': ['MIN_FAILURES'],
  'event-store/store-watch/store-watch.ts': ['MAX_OLDER'],
  'http/errors/problem.ts': ['MAX_POINTER_LENGTH'],
  'http/logging.ts': ['MAX_DEPTH'],
  'http/rate-limit.storage.ts': ['MAX_TRACKERS'],
  'http/server/connections.ts': ['MAX_HOLD_MS'],
  'http/validation/dto-properties.ts': ['MAX_NESTED', 'MAX_CONVERTED'],
  'http/validation/property-decorators.ts': ['MAX_SHOWN_LENGTH'],
  'http/validation/property-path.ts': ['MAX_SEGMENTS', 'MAX_SEGMENT_LENGTH'],
  'health/background-loading.ts': ['MAX_WAIT_MS'],
  'identity/api-keys/api-key-cache.ts': ['MAX_BEHIND_MS'],
  'identity/connection-caller.ts': ['MAX_TIMER_MS'],
  'uptime/domain/maintenance/occurrence-cache.ts': ['MAX_CACHED_OCCURRENCES'],
  'uptime/domain/maintenance/recurrence-occurrences.ts': ['MAX_WAIT_MS', 'MAX_COUNT_SPAN_MS', 'MAX_STEP_MS'],
  'uptime/domain/maintenance/recurrence.ts': ['MAX_OCCURRENCES'],
  'uptime/domain/rollups/error-kind.ts': ['MAX_KIND_LENGTH', 'MAX_INPUT_LENGTH'],
  'uptime/domain/rollups/rollup.ts': ['MAX_ERROR_KINDS'],
  'uptime/domain/samples/varints.ts': ['MAX_BYTES'],
  'uptime/probing/application/probe-scheduler.ts': ['MAX_START_SPACING_MS'],
  'uptime/probing/application/prober-lease.ts': ['MAX_EVENTS'],
  'uptime/probing/application/prober.ts': ['MAX_CONCURRENT_STARTS'],
  'uptime/probing/application/report-sampler.ts': ['MAX_UNRECORDED'],
  'uptime/probing/application/sample.recorder.ts': ['MAX_TIME_RANGES', 'MAX_COMPARED_WINDOWS', 'MAX_WINDOW_MS'],
  'uptime/probing/application/status-change.recorder.ts': ['MAX_CONFLICTS'],
  'uptime/probing/probes/connection/certificate-check.ts': ['MAX_NAME_LENGTH'],
  'uptime/probing/probes/database/mongodb-database.ts': ['MAX_CHECK_MS'],
  'uptime/probing/probes/http/body-checks.ts': ['MAX_VALUE_LENGTH'],
  'uptime/probing/probes/http/http2-exchange.ts': ['MAX_HEADERS'],
  'uptime/probing/push/push.guard.ts': ['MAX_NAME_LENGTH'],
  'uptime/services-file/read-http-target.ts': ['MIN_STATUS', 'MAX_STATUS'],
  'uptime/services-file/read-target.ts': ['MAX_PORT'],
  'user-streams/schemas/validation-issues.ts': ['MAX_VALUE_LENGTH'],
  'user-streams/domain/listing.ts': ['MAX_GRANTEE_LENGTH'],
};

/** The rows of the table below a heading. */
function rowsBelow(heading: string): string[][] {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  return tableRows(section);
}

const settings = rowsBelow('Settings');
const constants = rowsBelow('Fixed limits').map(([what = '', value = '', beyond = '', source = '']) => {
  const [, name = '', file = ''] = /^`(\w+)` of `src\/([^`]+)`$/.exec(source) ?? [];
  return { what, value, beyond, name, file };
});
const numberOf = (text: string): number => Number(text.replaceAll(',', ''));

/** Files of the embedded server whose limits are its own; those of others are KurrentDB's. */
const EMBEDDED =
  /^embedded-kurrentdb\/((connections|request-memory)|grpc\/(call|dispatcher|message-reader)|security\/.*)\.ts$/;

/** `MAX_…` and `MIN_…` of the service, with their numbers if they are written as such. */
const inCode = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => /(?<!\.spec)\.ts$/.test(file) && (!file.startsWith('embedded-kurrentdb/') || EMBEDDED.test(file)))
  .flatMap((file) => {
    const text = readFileSync(join(root, 'src', file), 'utf8');
    return [...text.matchAll(/^(?:export )?const ((?:MAX|MIN)_\w+)[^=\n]* = (.*);$/gm)].map(([, name = '']) => ({
      file,
      name,
    }));
  });

/** The number that a source file gives a constant. */
function valueInCode(file: string, name: string): number {
  const text = readFileSync(join(root, 'src', file), 'utf8');
  const [, expression = ''] =
    new RegExp(`^(?:export )?const ${name}\\b[^=\\n]* = ([\\d_ *+-]+);`, 'm').exec(text) ?? [];
  const terms = expression.split('*').map((factor) => Number(factor.trim().replaceAll('_', '')));
  return expression === '' ? NaN : terms.reduce((product, factor) => product * factor, 1);
}

describe('docs/limits.md', () => {
  it('names every setting that is a limit, with its default, and what happens beyond it', () => {
    const limits = Object.entries(variables).filter(
      ([name, variable]) => isNumber(variable) && !NO_LIMITS.includes(name),
    );
    expect(settings.map(([name, value]) => [name, value])).toEqual(
      limits.map(([name, variable]) => [`\`${name}\``, 'default' in variable ? variable.default : 'none']),
    );
    for (const [name, , allowed, what, beyond] of settings)
      expect({ name, texts: [allowed, what, beyond].every((text) => (text ?? '').length > 2) }).toEqual({
        name,
        texts: true,
      });
  });

  it.each(settings.map(([name = '', , allowed = '']) => [name.replaceAll('`', ''), allowed]))(
    'gives the smallest and the largest value of %s: %s',
    (name, allowed) => {
      const [smallest = NaN, largest = NaN] = allowed.split(' to ').map(numberOf);
      const isAccepted = (value: number): boolean => {
        try {
          loadConfig({ [name]: String(value) });
          return true;
        } catch {
          return false;
        }
      };
      // Other settings must fit: a lease is longer than a timeout, and so on.
      const problems = (value: number): string => {
        try {
          loadConfig({ [name]: String(value) });
          return '';
        } catch (error) {
          return String(error);
        }
      };
      expect(problems(smallest)).not.toContain(`${name} must be an integer`);
      expect(problems(largest)).not.toContain(`${name} must be an integer`);
      expect(isAccepted(smallest - 1)).toBe(false);
      if (largest < Number.MAX_SAFE_INTEGER) expect(isAccepted(largest + 1)).toBe(false);
    },
  );

  it.each(constants.map(({ name, file, value }) => [name, file, value]))(
    'gives the value of %s in %s: %s',
    (name, file, value) => {
      expect(numberOf(value)).toBe(valueInCode(file, name));
    },
  );

  it('names every fixed limit of the service, and what happens beyond it', () => {
    const documented = new Set(constants.map(({ file, name }) => `${file} ${name}`));
    const internal = new Set(
      Object.entries(INTERNAL).flatMap(([file, names]) => names.map((name) => `${file} ${name}`)),
    );
    const known = inCode.map(({ file, name }) => `${file} ${name}`);
    expect(known.length).toBeGreaterThan(50);
    expect(known.filter((constant) => !documented.has(constant) && !internal.has(constant))).toEqual([]);
    expect([...internal].filter((constant) => !known.includes(constant))).toEqual([]);
    expect([...documented].filter((constant) => internal.has(constant))).toEqual([]);
    for (const { name, what, beyond } of constants)
      expect({ name, hasTexts: what !== '' && beyond !== '' }).toEqual({ name, hasTexts: true });
  });
});

function isNumber(variable: (typeof variables)[keyof typeof variables]): boolean {
  const context = {
    reject: (expected: string) => {
      throw new Error(expected);
    },
  };
  try {
    return typeof variable.parse('not a number', context as never) === 'number';
  } catch (error) {
    return (error as Error).message.startsWith('an integer from');
  }
}
