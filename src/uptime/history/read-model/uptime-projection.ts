import { isEvent, type RecordedEvent } from '../../../event-store/index.js';
import {
  fromStatusCorrected,
  coveredRanges,
  maxSampleGapMs,
  MaintenanceCancelled,
  MaintenanceScheduled,
  fromMaintenanceScheduled,
  PROBE_SAMPLES_PREFIX,
  ProbesRecorded,
  decodeSamples,
  ServiceStatusChanged,
  serviceOfUptimeStream,
  fromServiceStatusChanged,
  StatusCorrected,
  withCancellation,
} from '../../domain/index.js';
import { addCoverage } from './coverage-rows.js';
import { updateDailyTotals } from './daily-totals.js';
import { RecordedHistory } from './recorded-history.js';
import { RollupBatch } from './rollup-rows.js';
import { type UptimeTables } from './uptime-tables.js';

/**
 * Applies a batch of events to the tables. The tables are byte-identical for all batch sizes: each row depends only
 * on the events and their order.
 */
export class UptimeProjection {
  readonly #rollups: RollupBatch;
  readonly #history: RecordedHistory;
  /** Earliest instant at which the batch has changed the history of a service. */
  readonly #changedFrom = new Map<string, number>();

  constructor(private readonly tables: UptimeTables) {
    this.#rollups = new RollupBatch(tables.rollups);
    this.#history = new RecordedHistory(tables);
  }

  apply(events: readonly RecordedEvent[]): void {
    for (const event of events) {
      const service = serviceOfUptimeStream(event.streamName);
      if (service !== undefined) this.#applyToService(service, event);
      else if (event.streamName.startsWith(PROBE_SAMPLES_PREFIX) && isEvent(event, ProbesRecorded))
        this.#applySamples(event.streamName.slice(PROBE_SAMPLES_PREFIX.length), event.data);
    }
    this.#rollups.write();
    for (const [service, from] of this.#changedFrom) updateDailyTotals(this.tables, service, from);
  }

  #applyToService(service: string, event: RecordedEvent): void {
    const { services, changes, maintenance, corrections } = this.tables;
    const key: [string, number] = [service, Number(event.revision)];
    services.putSync(service, true);
    if (isEvent(event, ServiceStatusChanged)) {
      const { serviceName: _, at, ...stored } = fromServiceStatusChanged(event.data);
      changes.putSync([service, at, Number(event.revision)], stored);
      this.#changed(service, at);
    } else if (isEvent(event, MaintenanceScheduled)) {
      const window = fromMaintenanceScheduled(event.data);
      maintenance.putSync(key, window);
      this.#changed(service, window.from);
    } else if (isEvent(event, MaintenanceCancelled)) {
      this.#cancel(service, event.data);
    } else if (isEvent(event, StatusCorrected)) {
      const correction = fromStatusCorrected(event.data);
      corrections.putSync(key, correction);
      this.#changed(service, correction.from);
    }
  }

  #cancel(service: string, cancellation: MaintenanceCancelled): void {
    const { maintenance } = this.tables;
    const scheduled = [...maintenance.getRange({ start: [service], end: [service, Infinity] })].filter(
      ({ value }) => value.id === cancellation.maintenanceId,
    );
    for (const { key, value } of scheduled) {
      const cancelled = withCancellation(value, cancellation);
      maintenance.putSync(key, cancelled);
      this.#changed(service, cancelled.cancelled?.at ?? value.from);
    }
  }

  #applySamples(service: string, event: ProbesRecorded): void {
    const samples = decodeSamples(event);
    const toleranceMs = maxSampleGapMs(event);
    this.#rollups.add(service, samples);
    for (const span of coveredRanges(samples, toleranceMs)) {
      const before = this.#history.lastProbed(service) ?? Infinity;
      const changedFrom = addCoverage(this.tables, service, span, toleranceMs);
      if (changedFrom === undefined) continue;
      // Days since the last sample have no totals yet: they were not finished.
      this.#changed(service, Math.min(before, changedFrom));
    }
  }

  #changed(service: string, from: number): void {
    this.#changedFrom.set(service, Math.min(from, this.#changedFrom.get(service) ?? Infinity));
  }
}
