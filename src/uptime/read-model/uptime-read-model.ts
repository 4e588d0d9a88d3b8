import { type Database } from 'lmdb';
import { isEvent, type ReadModelDefinition, type ReadModelTables, type RecordedEvent, SERVICE_UPTIME_PREFIX } from '../../event-store/index.js';
import { type UptimeHistory } from '../application/index.js';
import { coverOf, gapTolerance, PROBE_SAMPLES_PREFIX, ProbesRecorded, samplesOf, ServiceStatusChanged, serviceOfUptimeStream, type Span, type StatusChange, statusChangeOf } from '../domain/index.js';

/** Service, milliseconds since 1970, revision in the service's stream: the last parts changes of one millisecond. */
type ChangeKey = [service: string, at: number, revision: number];
/** Service, and the beginning of a span in milliseconds since 1970; the value is its end. */
type CoverKey = [service: string, from: number];

type StoredChange = Omit<StatusChange, 'serviceName' | 'at'>;

/** Smaller than every key of the service, greater than every key of those before it. */
type ServiceKey = [service: string];

interface Tables {
  readonly services: Database<true, string>;
  readonly changes: Database<StoredChange, ChangeKey | CoverKey | ServiceKey>;
  /** Spans that are disjoint and merged, so that years of steady probing are one row. */
  readonly covered: Database<number, CoverKey | ServiceKey>;
}

/** What the read model is made of; `ReadModels.open` takes it. */
export const uptimeReadModel: ReadModelDefinition = {
  name: 'uptime',
  version: 1,
  streamNamePrefixes: [SERVICE_UPTIME_PREFIX, PROBE_SAMPLES_PREFIX],
  tables: ['services', 'changes', 'covered'],
  apply: (tables, events) => {
    const opened = open(tables);
    for (const event of events) apply(opened, event);
  },
};

/** The streams' history, from the tables; each answer is a scan of the rows in its window and at most one before it. */
export class UptimeReadModel implements UptimeHistory {
  readonly #tables: Tables;

  constructor(tables: ReadModelTables) {
    this.#tables = open(tables);
  }

  services(): string[] {
    return [...this.#tables.services.getKeys()];
  }

  lastChange(service: string, at = Number.MAX_SAFE_INTEGER): StatusChange | undefined {
    const [last] = this.#tables.changes.getRange({ start: [service, at + 1], end: [service], reverse: true, limit: 1 });
    return last && changeOf(last);
  }

  changesIn(service: string, { from, to }: Span): StatusChange[] {
    return [...this.#tables.changes.getRange({ start: [service, from], end: [service, to] })].map(changeOf);
  }

  coveredIn(service: string, { from, to }: Span): Span[] {
    const { covered } = this.#tables;
    const [before] = covered.getRange({ start: [service, from - 1], end: [service], reverse: true, limit: 1 });
    const within = covered.getRange({ start: [service, from], end: [service, to + 1] });
    const spans = [...(before ? [before] : []), ...within].map(spanOf);
    return spans.filter((span) => span.to >= from);
  }
}

function open(tables: ReadModelTables): Tables {
  return { services: tables.table('services'), changes: tables.table('changes'), covered: tables.table('covered') };
}

function apply(tables: Tables, event: RecordedEvent): void {
  const service = serviceOfUptimeStream(event.streamName);
  if (service !== undefined) tables.services.putSync(service, true);
  if (service !== undefined && isEvent(event, ServiceStatusChanged)) {
    const { serviceName: _, at, ...stored } = statusChangeOf(event.data);
    tables.changes.putSync([service, at, Number(event.revision)], stored);
  }
  if (event.streamName.startsWith(PROBE_SAMPLES_PREFIX) && isEvent(event, ProbesRecorded)) {
    const toleranceMs = gapTolerance(event.data);
    for (const span of coverOf(samplesOf(event.data), toleranceMs)) addSpan(tables.covered, event.streamName.slice(PROBE_SAMPLES_PREFIX.length), span, toleranceMs);
  }
}

/** Puts a span in, joined with those that it touches or comes within the tolerance of; windows may come late or overlap. */
function addSpan(covered: Tables['covered'], service: string, added: Span, toleranceMs: number): void {
  let { from, to } = added;
  const rows = covered.getRange({ start: [service, added.to + toleranceMs], end: [service], reverse: true });
  const joined: Span[] = [];
  for (const row of rows) {
    const span = spanOf(row);
    if (span.to < added.from - toleranceMs) break;
    joined.push(span);
    from = Math.min(from, span.from);
    to = Math.max(to, span.to);
  }
  for (const span of joined) covered.removeSync([service, span.from]);
  covered.putSync([service, from], to);
}

function changeOf({ key, value }: { key: ChangeKey | CoverKey | ServiceKey; value: StoredChange }): StatusChange {
  const [serviceName, at = 0] = key;
  return { serviceName, at, ...value };
}

function spanOf({ key, value }: { key: CoverKey | ServiceKey; value: number }): Span {
  const [, from = 0] = key;
  return { from, to: value };
}
