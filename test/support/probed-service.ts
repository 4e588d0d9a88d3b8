import { type Clock, EventRegistry, StreamCreated } from '../../src/event-store/domain/index.js';
import { type Probe } from '../../src/uptime/probing/application/index.js';
import {
  DEFAULT_GRADE_LIMITS,
  httpTarget,
  type LiveServices,
  LeaseAcquired,
  LeaseReleased,
  type MonitoredService,
  ProbesRecorded,
  ServiceStatusChanged,
  type ProbeResult,
} from '../../src/uptime/domain/index.js';

/** Start time of {@link ManualClock}. */
export const NOON = Date.UTC(2026, 0, 1, 12);

export const HTTP: MonitoredService = {
  name: 'http',
  intervalMs: 10_000,
  timeoutMs: 5_000,
  grades: DEFAULT_GRADE_LIMITS,
  failureThreshold: 3,
  successThreshold: 2,
  target: httpTarget('http://127.0.0.1:3000'),
  tags: [],
  jitterMs: 0,
  retries: 0,
  retryDelayMs: 1_000,
};

/** The service `http`, configured but not probed. */
export const LIVE: LiveServices = {
  monitors: new Map([['http', { service: HTTP, latestChanges: [], covered: [], lastProbe: undefined }]]),
  listen: () => () => undefined,
};

export function uptimeEvents(): EventRegistry {
  const registry = new EventRegistry();
  for (const definition of [StreamCreated, ServiceStatusChanged, ProbesRecorded, LeaseAcquired, LeaseReleased])
    registry.register(definition);
  return registry;
}

/** Clock that a test advances. */
export class ManualClock implements Clock {
  constructor(private milliseconds: number = NOON) {}

  now(): number {
    return this.milliseconds;
  }

  monotonic(): number {
    return this.milliseconds;
  }

  /** @param milliseconds negative: sets the clock back */
  advance(milliseconds: number): void {
    this.milliseconds += milliseconds;
  }
}

/** Probe whose result a test sets. */
export class FakeProbe implements Probe {
  result: ProbeResult = { responseTime: 12 };
  started = 0;
  aborted = 0;
  isHanging = false;

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    this.started++;
    if (!this.isHanging) return Promise.resolve(this.result);
    return new Promise((_, reject) =>
      signal.addEventListener('abort', () => {
        this.aborted++;
        reject(new Error('aborted'));
      }),
    );
  }

  fail(): void {
    this.result = { responseTime: 1, error: 'connection refused by 127.0.0.1:3000' };
  }

  recover(): void {
    this.result = { responseTime: 12 };
  }
}
