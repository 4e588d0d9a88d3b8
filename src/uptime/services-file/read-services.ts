import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  type AppConfig,
  type ConfigCheck,
  ConfigurationError,
  type Environment,
  loadConfig,
} from '../../config/index.js';
import {
  databaseTarget,
  DEFAULT_GRADE_LIMITS,
  httpTarget,
  type MonitoredService,
  webSocketTarget,
} from '../domain/index.js';
import { parseServicesFile, type ServicesFileDependencies } from './parse-services-file.js';
import { timingIssueOf, type ServiceRules } from './service-rules.js';

const DEFAULT_RETRY_DELAY_MS = 1_000;

export interface ReadServices {
  readonly services: readonly MonitoredService[];
  /** {@link digestOf} the services file; undefined if there is none. */
  readonly digest?: string;
}

/** Services that the check at boot has read: the service starts with what was validated, and parses the file once. */
const validated = new WeakMap<AppConfig['uptime'], ReadServices>();

/** Validates the variables and the file that {@link readServices} depends on: a check of the configuration at boot. */
export const servicesProblems: ConfigCheck = ({ uptime }, environment) => {
  const problems: string[] = [];
  const found = findServices(uptime, environment, problems);
  if (problems.length === 0) validated.set(uptime, found);
  return problems;
};

/**
 * The documented services, and those of the services file, which may override settings of the documented ones.
 *
 * @throws ConfigurationError
 */
export function readServices(config: AppConfig['uptime'], environment: Environment): ReadServices {
  const checked = validated.get(config);
  if (checked) return checked;
  const problems: string[] = [];
  const found = findServices(config, environment, problems);
  if (problems.length > 0) throw new ConfigurationError(problems);
  return found;
}

/** {@link readServices} of a whole environment. @throws ConfigurationError */
export function loadServices(environment: Environment): ReadServices {
  return readServices(loadConfig(environment).uptime, environment);
}

function findServices(
  { targetUrls, defaults, servicesFile }: AppConfig['uptime'],
  environment: Environment,
  problems: string[],
): ReadServices {
  const rules: ServiceRules = {
    ...defaults,
    grades: DEFAULT_GRADE_LIMITS,
    tags: [],
    retryDelayMs: DEFAULT_RETRY_DELAY_MS,
  };
  const issue = timingIssueOf(rules);
  if (issue)
    problems.push(
      `UPTIME_${issue.rule === 'jitter' ? 'JITTER_MS' : 'RETRIES'}, UPTIME_TIMEOUT_MS and UPTIME_INTERVAL_MS ` +
        `conflict: ${issue.text}`,
    );
  const documented: MonitoredService[] = [
    { name: 'http', target: httpTarget(targetUrls.http), ...rules },
    { name: 'websocket', target: webSocketTarget(targetUrls.websocket), ...rules },
    { name: 'database', target: databaseTarget(targetUrls.database), ...rules },
  ];
  const dependencies = {
    environment,
    rules,
    documented: new Map(documented.map(({ name, target }) => [name, target])),
  };
  if (servicesFile === undefined) return { services: documented };
  const { services, hasBuiltInServices, digest } = readFile(servicesFile, dependencies, problems);
  return {
    // The documented services come first.
    services: [
      ...documented.flatMap((service) => {
        const ofFile = services.find(({ name }) => name === service.name);
        return ofFile ? [ofFile] : hasBuiltInServices ? [service] : [];
      }),
      ...services.filter(({ name }) => !dependencies.documented.has(name)),
    ],
    ...(digest === undefined ? {} : { digest }),
  };
}

function readFile(
  path: string,
  dependencies: ServicesFileDependencies,
  problems: string[],
): ReadServices & { readonly hasBuiltInServices: boolean } {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (error) {
    problems.push(`UPTIME_SERVICES_FILE is '${path}', which cannot be read: ${(error as Error).message}`);
    return { services: [], hasBuiltInServices: true };
  }
  const { problems: found, ...file } = parseServicesFile(content.toString('utf8'), dependencies);
  problems.push(...found.map((problem) => `${path}: ${problem}`));
  return { ...file, digest: digestOf(content) };
}

/** A hash of a services file: equal digests mean equal content. */
export function digestOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('base64');
}
