import { type NewEvent, serviceUptimeStream } from '../../src/event-store/domain/index.js';
import {
  changeEventId,
  DAY_MS,
  DEFAULT_GRADE_LIMITS,
  toSample,
  probeSamplesStream,
  type Sample,
  toMaintenanceCancelled,
  toMaintenanceScheduled,
  toProbesRecorded,
  toServiceStatusChanged,
  toStatusCorrected,
} from '../../src/uptime/domain/index.js';

const RULES = { intervalMs: 60_000, timeoutMs: 5_000, grades: DEFAULT_GRADE_LIMITS };
const SAMPLES_PER_WINDOW = 240;
const WINDOW_MS = SAMPLES_PER_WINDOW * RULES.intervalMs;

/** An event and its stream. */
export interface Written {
  readonly streamName: string;
  readonly event: NewEvent;
}

/**
 * History of a service over some days, in recorded order: a sample every minute, outages, gaps, late windows,
 * a correction and cancelled maintenance.
 */
export function historyOf(service: string, from: number, days: number, random: () => number): Written[] {
  const [changes, samples] = [serviceUptimeStream(service), probeSamplesStream(service)];
  const written: Written[] = [];
  const late: Written[] = [];
  let status: 'up' | 'down' | undefined;
  for (let at = from; at < from + days * DAY_MS; at += WINDOW_MS) {
    if (random() < 0.02) continue;
    const next = random() < 0.05 ? 'down' : 'up';
    if (next !== status)
      written.push({
        streamName: changes,
        event: toServiceStatusChanged({
          serviceName: service,
          status: next,
          at,
          metadata: {},
          eventId: changeEventId(service, next, at),
        }),
      });
    status = next;
    const taken = Array.from({ length: SAMPLES_PER_WINDOW }, (_, index): Sample => {
      const error = next === 'down' ? `no answer within ${Math.floor(random() * 9_000)} ms` : undefined;
      return toSample(
        {
          at: at + index * RULES.intervalMs + Math.floor(random() * 50),
          responseTime: 2 + random() ** 4 * 800,
          ...(error === undefined ? {} : { error }),
        },
        RULES.grades,
      );
    });
    const window = { streamName: samples, event: toProbesRecorded(service, taken, RULES, 'prober1') };
    if (random() < 0.05) late.push(window);
    else written.push(window);
    if (random() < 0.03) written.push(...late.splice(0));
  }
  const id = service.replaceAll('-', '');
  const [middle, end] = [from + (days / 2) * DAY_MS, from + days * DAY_MS];
  const maintenance = {
    id: 'nightly',
    from,
    recurrence: { rule: '0 2 * * *', timezone: 'Europe/Amsterdam', durationMs: 1_800_000 },
    reason: 'backup',
    scheduledBy: 'alice',
  };
  written.splice(written.length / 3, 0, {
    streamName: changes,
    event: toMaintenanceScheduled(maintenance, from, `evt_${from}_${id}scheduled`),
  });
  written.push({
    streamName: changes,
    event: toStatusCorrected(
      { id: 'alarm', from: middle, to: middle + DAY_MS, status: 'up', reason: 'false alarm', correctedBy: 'alice' },
      end,
      `evt_${end}_${id}corrected`,
    ),
  });
  written.push({
    streamName: changes,
    event: toMaintenanceCancelled('nightly', 'alice', middle, `evt_${end}_${id}cancelled`),
  });
  return [...written, ...late];
}
