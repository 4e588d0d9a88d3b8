import { isEvent, type Position, serviceUptimeStream } from '../../src/event-store/domain/index.js';
import {
  type Correction,
  fromStatusCorrected,
  MaintenanceCancelled,
  MaintenanceScheduled,
  type MaintenanceWindow,
  fromMaintenanceScheduled,
  StatusCorrected,
  withCancellation,
} from '../../src/uptime/domain/index.js';
import { type MemoryEventStore } from './memory-event-store.js';

/** Read model of maintenance and corrections, computed from an in-memory store. */
export class MemoryAnnotations {
  /** Number of the store's events that are visible. */
  #readable = Infinity;

  constructor(private readonly store: MemoryEventStore) {}

  /** Hides new events until {@link catchUp}. */
  fallBehind(): void {
    this.#readable = this.store.log.length;
  }

  catchUp(): void {
    this.#readable = Infinity;
  }

  /** Resolves with whether the event at a position is visible, without waiting. */
  waitFor({ commit }: Pick<Position, 'commit'>): Promise<boolean> {
    return Promise.resolve(commit < this.#readable);
  }

  services(): string[] {
    return [];
  }

  maintenance(service: string): MaintenanceWindow[] {
    return this.#eventsOf(service).reduce<MaintenanceWindow[]>((windows, event) => {
      if (isEvent(event, MaintenanceScheduled)) return [...windows, fromMaintenanceScheduled(event.data)];
      if (!isEvent(event, MaintenanceCancelled)) return windows;
      return windows.map((window) =>
        window.id === event.data.maintenanceId ? withCancellation(window, event.data) : window,
      );
    }, []);
  }

  corrections(service: string): Correction[] {
    return this.#eventsOf(service).flatMap((event) =>
      isEvent(event, StatusCorrected) ? [fromStatusCorrected(event.data)] : [],
    );
  }

  #eventsOf(service: string): MemoryEventStore['log'] {
    return this.store.log
      .slice(0, this.#readable)
      .filter(({ streamName }) => streamName === serviceUptimeStream(service));
  }
}
