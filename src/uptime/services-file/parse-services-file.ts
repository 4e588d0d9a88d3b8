import { boolean, oneOf, ParseContext, type Parser, type Path, stringThat } from '../../common/parse.js';
import { isServiceName } from '../../event-store/domain/index.js';
import { type MonitoredService, PROBE_KINDS, type ProbeTarget } from '../domain/index.js';
import { type ServiceRules, timingIssueOf } from './service-rules.js';
import { type Environment } from '../../config/index.js';
import { Fields, listOf } from './fields.js';
import { readRules } from './read-rules.js';
import { readTarget } from './read-target.js';
import { readYaml } from './yaml-text.js';

/** Defaults and environment of a services file. */
export interface ServicesFileDependencies {
  /** Source of `${NAME}`. */
  readonly environment: Environment;
  readonly rules: ServiceRules;
  /** Targets of the documented services, by name; a file may override their settings. */
  readonly documented: ReadonlyMap<string, ProbeTarget>;
}

interface ParsedFile {
  readonly services: readonly (MonitoredService | undefined)[];
  /** Whether the documented services that the file does not name are probed. */
  readonly hasBuiltInServices: boolean;
}

/**
 * Parses the YAML that names services to probe: `defaults:`, `builtInServices:`, and `services:`, an array of
 * `{ name, kind, … }`.
 *
 * @returns services, and problems with line and path in order of lines; the services are only valid without problems
 */
export function parseServicesFile(
  yaml: string,
  dependencies: ServicesFileDependencies,
): { services: MonitoredService[]; hasBuiltInServices: boolean; problems: string[] } {
  const text = readYaml(yaml);
  const context = new ParseContext();
  const file = text.content && fileParser(dependencies)(text.content.root, context);
  const problems = [
    ...text.issues.map(({ line, text: issue }) => ({ line, issue: `the file: ${issue}` })),
    ...context.issues.map(({ path, problem }) => ({
      line: text.lineOf(path),
      issue: `${nameOf(path)}: ${problem}`,
    })),
  ];
  return {
    services: file?.services.filter((service) => service !== undefined) ?? [],
    hasBuiltInServices: file?.hasBuiltInServices ?? true,
    problems: problems.sort((one, other) => one.line - other.line).map(({ line, issue }) => `line ${line}, ${issue}`),
  };
}

function fileParser({ environment, rules, documented }: ServicesFileDependencies): Parser<ParsedFile> {
  return Fields.parser('a mapping with the array `services`', environment, (file) => {
    const settings = 'a mapping of settings for the services of this file';
    const inherited = file.mapping('defaults', settings, (defaults) => readRules(defaults, rules)) ?? rules;
    const names = new Set<string>();
    const service = Fields.parser('a mapping with name and kind', environment, (fields) =>
      readService(fields, inherited, documented, names),
    );
    const services = file.required(
      'services',
      listOf('an array of services, each a mapping with name and kind', service),
    );
    const hasBuiltInServices = file.optional('builtInServices', boolean) ?? true;
    file.rejectUnknownKeys();
    return { services: services ?? [], hasBuiltInServices };
  });
}

/** @param names of the services read so far; its own is added */
function readService(
  fields: Fields,
  inherited: ServiceRules,
  documented: ServicesFileDependencies['documented'],
  names: Set<string>,
): MonitoredService | undefined {
  const name = readName(fields, names);
  const kind = fields.required('kind', oneOf(PROBE_KINDS));
  const target = kind === undefined ? undefined : readTarget(kind, fields, documented.get(name));
  const rules = readRules(fields, inherited, kind);
  const isEnabled = fields.optional('enabled', boolean) ?? true;
  const timingIssue = timingIssueOf(rules);
  if (timingIssue) fields.reject(timingIssue.rule, timingIssue.text);
  // The kind determines which other keys are allowed.
  if (target === undefined) return undefined;
  fields.rejectUnknownKeys(` for kind ${target.kind}`);
  return { name, ...(isEnabled ? {} : { isPaused: true }), target, ...rules };
}

function readName(fields: Fields, names: Set<string>): string {
  const name = fields.required('name', serviceName);
  if (name === undefined) return '';
  if (names.has(name)) fields.reject('name', `must be unique, got '${name}' twice`);
  names.add(name);
  return name;
}

const serviceName = stringThat(
  "at most 64 lower-case letters, digits and single '-', '_' or '.' between them",
  isServiceName,
);

/** Such as `services.1.kind`. */
function nameOf(path: Path): string {
  return path.length === 0 ? 'the file' : path.join('.');
}
