import {
  type Correction,
  type LiveService,
  type MaintenanceWindow,
  maintenanceIn,
  type StatusChange,
  statusIntervals,
  type StatusTotals,
  sumIntervals,
  type TimeRange,
  type UptimeHistory,
} from '../../src/uptime/domain/index.js';
import { UptimeQueries } from '../../src/uptime/history/application/uptime-queries.js';
import { HOUR_MS } from '../../src/uptime/history/application/uptime-window.js';
import { HTTP, ManualClock, NOON } from './probed-service.js';

/** In-memory history: a simple reference implementation of the read model. Annotations belong to the service `http`. */
export class ListedHistory implements UptimeHistory {
  constructor(
    private readonly changes: readonly StatusChange[] = [],
    private readonly covered: readonly TimeRange[] = [],
    private readonly streams: readonly string[] = ['http'],
    private readonly recorded: {
      readonly maintenance?: readonly MaintenanceWindow[];
      readonly corrections?: readonly Correction[];
      readonly finalUntil?: number;
    } = {},
  ) {}

  maintenance(service: string): readonly MaintenanceWindow[] {
    return service === 'http' ? (this.recorded.maintenance ?? []) : [];
  }

  corrections(service: string): readonly Correction[] {
    return service === 'http' ? (this.recorded.corrections ?? []) : [];
  }

  finalUntil(): number | undefined {
    return this.recorded.finalUntil;
  }

  totalsIn(service: string, window: TimeRange): StatusTotals {
    const before = this.lastChange(service, window.from - 1);
    const inWindow = {
      changes: this.changesIn(service, window),
      covered: this.coveredIn(service, window),
      maintenance: maintenanceIn(this.maintenance(service), window),
      corrections: this.corrections(service),
    };
    return sumIntervals(statusIntervals(window, { ...inWindow, ...(before ? { before } : {}) }));
  }

  services(): string[] {
    return [...this.streams];
  }

  lastChange(service: string, at = Infinity): StatusChange | undefined {
    return this.changes.findLast((change) => change.serviceName === service && change.at <= at);
  }

  changesIn(service: string, { from, to }: TimeRange): StatusChange[] {
    return this.changes.filter((change) => change.serviceName === service && change.at >= from && change.at < to);
  }

  coveredIn(service: string, { from, to }: TimeRange): TimeRange[] {
    return service === 'http' ? this.covered.filter((range) => range.to >= from && range.from <= to) : [];
  }
}

export const change = (status: StatusChange['status'], at: number, serviceName = 'http'): StatusChange => ({
  serviceName,
  status,
  at,
  metadata: {},
  eventId: `evt_${at}_${status}00000000`,
});

/** The service `http`, which this process probes. */
export const live = (overrides: Partial<LiveService> = {}): LiveService => ({
  service: HTTP,
  latestChanges: [],
  covered: [],
  lastProbe: undefined,
  ...overrides,
});

/** Queries at {@link NOON}. */
export const queriesOf = (history: UptimeHistory, services: readonly LiveService[] = [live()]): UptimeQueries =>
  new UptimeQueries(
    history,
    { monitors: new Map(services.map((service) => [service.service.name, service])), listen: () => () => undefined },
    new ManualClock(),
  );

/** The hours before {@link NOON}. */
export const lastHours = (hours: number): TimeRange => ({ from: NOON - hours * HOUR_MS, to: NOON });

/** Covered from the beginning until 5 s before {@link NOON}. */
export const ALWAYS: readonly TimeRange[] = [{ from: 0, to: NOON - 5_000 }];
