import { LineCounter, parseDocument, type Document } from 'yaml';
import { isServiceName } from '../event-store/domain/index.js';
import { databaseTarget, type GradeLimits, httpTarget, type MonitoredService, PROBE_KINDS, type ProbeKind, type ProbeTarget, webSocketTarget } from '../uptime/domain/index.js';

const DAY_MS = 86_400_000;
const PROTOCOLS: Readonly<Record<ProbeKind, readonly string[]>> = { http: ['http:', 'https:'], websocket: ['ws:', 'wss:'], database: ['kurrentdb:', 'kurrentdb+discover:'], tcp: ['tcp:'], push: ['push:'] };
const TARGETS: Readonly<Record<ProbeKind, (url: string) => ProbeTarget>> = { http: httpTarget, websocket: webSocketTarget, database: databaseTarget, tcp: httpTarget, push: httpTarget };
const SERVICE_KEYS = ['name', 'kind', 'url', 'intervalMs', 'timeoutMs', 'failureThreshold', 'successThreshold', 'grades'];
const GRADE_KEYS = ['excellentMs', 'goodMs', 'acceptableMs'];

type Path = readonly (string | number)[];
type Rules = Omit<MonitoredService, 'name' | 'target'>;
type Mapping = Readonly<Record<string, unknown>>;

/**
 * Parses the YAML that names services to probe: `services:`, a list of `{ name, kind, url, … }`.
 *
 * @param rules what holds for a service that does not say otherwise
 * @returns the services, and each mistake with its line and path; the services are only of use where there are none
 */
export function parseServicesFile(yaml: string, rules: Rules): { services: MonitoredService[]; problems: string[] } {
  const lines = new LineCounter();
  const document = parseDocument(yaml, { lineCounter: lines });
  if (document.errors.length > 0) return { services: [], problems: document.errors.map((error) => error.message.split('\n')[0] ?? error.message) };
  const reader = new ServicesReader(document, lines, rules);
  return { services: reader.services(), problems: reader.problems };
}

class ServicesReader {
  readonly problems: string[] = [];

  constructor(
    private readonly document: Document.Parsed,
    private readonly lines: LineCounter,
    private readonly rules: Rules,
  ) {}

  services(): MonitoredService[] {
    const root: unknown = this.document.toJS();
    if (!isMapping(root) || !Array.isArray(root.services)) {
      this.wrong([], 'a mapping with the list `services` is expected');
      return [];
    }
    this.onlyKeys(root, ['services'], []);
    const services = root.services.map((entry, index) => this.service(entry, ['services', index]));
    services.forEach(({ name }, index) => {
      if (services.findIndex((other) => other.name === name) !== index) this.wrong(['services', index, 'name'], `'${name}' is named twice`);
    });
    return services;
  }

  private service(entry: unknown, path: Path): MonitoredService {
    if (!isMapping(entry)) this.wrong(path, 'a mapping with name, kind and url is expected');
    const given = isMapping(entry) ? entry : {};
    this.onlyKeys(given, SERVICE_KEYS, path);
    const kind = this.kind(given.kind, [...path, 'kind']);
    const intervalMs = this.integer(given, 'intervalMs', this.rules.intervalMs, 100, DAY_MS, path);
    return {
      name: this.name(given.name, [...path, 'name']),
      ...this.rules,
      target: TARGETS[kind](this.url(given.url, kind, [...path, 'url'])),
      intervalMs,
      timeoutMs: this.integer(given, 'timeoutMs', this.rules.timeoutMs, 10, DAY_MS, path),
      failureThreshold: this.integer(given, 'failureThreshold', this.rules.failureThreshold, 1, 100, path),
      successThreshold: this.integer(given, 'successThreshold', this.rules.successThreshold, 1, 100, path),
      grades: this.grades(given.grades, [...path, 'grades']),
    };
  }

  private name(value: unknown, path: Path): string {
    if (typeof value === 'string' && isServiceName(value)) return value;
    this.wrong(path, "at most 64 lower-case letters, digits and single '-', '_' or '.' between them are expected");
    return '';
  }

  private kind(value: unknown, path: Path): ProbeKind {
    const kind = PROBE_KINDS.find((candidate) => candidate === value);
    if (!kind) this.wrong(path, `one of ${PROBE_KINDS.join(', ')} is expected`);
    return kind ?? 'http';
  }

  private url(value: unknown, kind: ProbeKind, path: Path): string {
    const protocols = PROTOCOLS[kind];
    if (typeof value === 'string' && URL.canParse(value) && protocols.includes(new URL(value).protocol)) return value;
    this.wrong(path, `a URL beginning with ${protocols.map((protocol) => `${protocol}//`).join(' or ')} is expected`);
    return '';
  }

  private grades(value: unknown, path: Path): GradeLimits {
    if (value === undefined) return this.rules.grades;
    if (!isMapping(value)) this.wrong(path, `a mapping with ${GRADE_KEYS.join(', ')} is expected`);
    const given = isMapping(value) ? value : {};
    this.onlyKeys(given, GRADE_KEYS, path);
    const limit = (key: keyof GradeLimits): number => this.integer(given, key, this.rules.grades[key], 1, DAY_MS, path);
    const grades = { excellentMs: limit('excellentMs'), goodMs: limit('goodMs'), acceptableMs: limit('acceptableMs') };
    if (!(grades.excellentMs < grades.goodMs && grades.goodMs < grades.acceptableMs)) this.wrong(path, 'excellentMs < goodMs < acceptableMs is expected');
    return grades;
  }

  private integer(given: Mapping, key: string, otherwise: number, minimum: number, maximum: number, path: Path): number {
    const value = given[key];
    if (value === undefined) return otherwise;
    if (typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum) return value;
    this.wrong([...path, key], `a whole number from ${minimum} to ${maximum} is expected`);
    return otherwise;
  }

  private onlyKeys(given: Mapping, known: readonly string[], path: Path): void {
    for (const key of Object.keys(given)) {
      if (!known.includes(key)) this.wrong([...path, key], `unknown key; known are ${known.join(', ')}`);
    }
  }

  private wrong(path: Path, expected: string): void {
    // A missing key has no place in the text: the nearest node that has one tells the line.
    for (let length = path.length; length >= 0; length--) {
      const node = this.document.getIn(path.slice(0, length), true);
      const range = isRanged(node) ? node.range : undefined;
      if (range) {
        this.problems.push(`line ${this.lines.linePos(range[0]).line}, ${path.length === 0 ? 'the file' : path.join('.')}: ${expected}`);
        return;
      }
    }
    this.problems.push(`${path.length === 0 ? 'the file' : path.join('.')}: ${expected}`);
  }
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isRanged(node: unknown): node is { range: readonly [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
}
