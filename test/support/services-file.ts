import {
  databaseTarget,
  DEFAULT_GRADE_LIMITS,
  httpTarget,
  type MonitoredService,
  type ProbeTarget,
} from '../../src/uptime/domain/index.js';
import { parseServicesFile } from '../../src/uptime/services-file/parse-services-file.js';
import { type ServiceRules } from '../../src/uptime/services-file/service-rules.js';

/** Rules of a service for which the file sets none. */
export const RULES: ServiceRules = {
  intervalMs: 10_000,
  timeoutMs: 5_000,
  failureThreshold: 3,
  successThreshold: 2,
  grades: DEFAULT_GRADE_LIMITS,
  tags: [],
  jitterMs: 0,
  retries: 0,
  retryDelayMs: 1_000,
};
const ENVIRONMENT = {
  TOKEN: 's3cret',
  SHOP_URL: 'https://shop.example',
  BAD_URL: 'hidden-value',
  EMPTY: '',
  TWO_LINES: 'hidden\nvalue',
  DOLLARS: '${TOKEN} $& $1',
};
const DOCUMENTED = new Map<string, ProbeTarget>([
  ['http', httpTarget()],
  ['database', databaseTarget('redis://cache')],
]);

export const parseFile = (yaml: string): { services: MonitoredService[]; problems: string[] } =>
  parseServicesFile(yaml, { environment: ENVIRONMENT, rules: RULES, documented: DOCUMENTED });

/** The services of a file without problems. */
export function servicesOf(yaml: string): MonitoredService[] {
  const { services, problems } = parseFile(yaml);
  expect(problems).toEqual([]);
  return services;
}

const fileOf = (lines: readonly string[]): string =>
  `services:\n  - name: shop\n${lines.map((line) => `    ${line}\n`).join('')}`;

/** The service `shop` that has these lines. */
export function serviceOf(...lines: readonly string[]): MonitoredService | undefined {
  return servicesOf(fileOf(lines))[0];
}

/** The problems of a service of these lines; the first of them is line 3 of the file. */
export function problemsOf(...lines: readonly string[]): string[] {
  return parseFile(fileOf(lines)).problems;
}

/** @param expected part of the only problem */
export function expectOneProblem(problems: readonly string[], expected: string): void {
  const [first = '', ...others] = problems;
  expect(first).toContain(expected);
  expect(others).toEqual([]);
}
