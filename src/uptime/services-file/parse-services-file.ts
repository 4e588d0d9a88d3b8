import { isServiceName } from '../../event-store/domain/index.js';
import { type MonitoredService, PROBE_KINDS, type ProbeTarget } from '../domain/index.js';
import { type ServiceRules } from './service-rules.js';
import { type Environment } from '../../config/index.js';
import { Fields, type Reading } from './fields.js';
import { checkFit, readRules } from './read-rules.js';
import { readTarget } from './read-target.js';
import { type Path, readYaml } from './yaml-text.js';

/** What holds where a services file says nothing. */
export interface ServicesFileDependencies {
  /** What `${NAME}` stands for. */
  readonly environment: Environment;
  readonly rules: ServiceRules;
  /** What is probed by the names of the documented services, which a file may say more of. */
  readonly documented: ReadonlyMap<string, ProbeTarget>;
}

/**
 * Parses the YAML that names services to probe: `defaults:`, and `services:`, a list of `{ name, kind, … }`.
 *
 * @returns the services, and each mistake with its line and path, in order of lines; the services are only of use where there are none
 */
export function parseServicesFile(
  yaml: string,
  dependencies: ServicesFileDependencies,
): { services: MonitoredService[]; problems: string[] } {
  const text = readYaml(yaml);
  const reading: Reading = { environment: dependencies.environment, mistakes: [] };
  const services = text.content ? readServices(text.content.root, reading, dependencies) : [];
  const problems = [
    ...text.mistakes.map(({ line, text: mistake }) => ({ line, mistake: `the file: ${mistake}` })),
    ...reading.mistakes.map(({ path, text: mistake }) => ({
      line: text.lineOf(path),
      mistake: `${nameOf(path)}: ${mistake}`,
    })),
  ];
  return {
    services,
    problems: problems
      .sort((one, other) => one.line - other.line)
      .map(({ line, mistake }) => `line ${line}, ${mistake}`),
  };
}

function readServices(
  root: unknown,
  reading: Reading,
  { rules, documented }: ServicesFileDependencies,
): MonitoredService[] {
  const file = Fields.of(root, [], 'a mapping with the list `services`', reading);
  if (!file) return [];
  const defaults = file.mapping('defaults', 'a mapping of what holds for the services of this file');
  const inherited = defaults ? readRules(defaults, rules) : rules;
  defaults?.finish();
  const entries = file.value('services');
  if (!Array.isArray(entries))
    file.wrong('services', 'must be an array of services, each a mapping with name and kind');
  file.finish();

  const names = new Set<string>();
  return (Array.isArray(entries) ? (entries as unknown[]) : []).flatMap((entry, index) => {
    const fields = Fields.of(entry, ['services', index], 'a mapping with name and kind', reading);
    return fields ? readService(fields, inherited, documented, names) : [];
  });
}

/** @param names of the services before it; its own is added */
function readService(
  fields: Fields,
  inherited: ServiceRules,
  documented: ServicesFileDependencies['documented'],
  names: Set<string>,
): MonitoredService[] {
  const name = readName(fields, names);
  const kind = fields.requiredChoice('kind', PROBE_KINDS);
  const target = kind === undefined ? undefined : readTarget(kind, fields, documented.get(name));
  const rules = readRules(fields, inherited, kind);
  checkFit(fields, rules);
  // Which other keys there may be, only the kind tells.
  if (target === undefined) return [];
  fields.finish(` for kind ${target.kind}`);
  return [{ name, target, ...rules }];
}

function readName(fields: Fields, names: Set<string>): string {
  const name = fields.value('name');
  if (typeof name !== 'string' || !isServiceName(name)) {
    fields.wrong('name', "must be at most 64 lower-case letters, digits and single '-', '_' or '.' between them");
    return '';
  }
  if (names.has(name)) fields.wrong('name', `'${name}' is named twice`);
  names.add(name);
  return name;
}

/** As `services.1.kind`. */
function nameOf(path: Path): string {
  return path.length === 0 ? 'the file' : path.join('.');
}
