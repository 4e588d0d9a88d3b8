import { MemoryEventStore } from '../../../../test/support/memory-event-store.js';
import { LIVE, ManualClock, NOON, uptimeEvents } from '../../../../test/support/probed-service.js';
import { MemoryAnnotations } from '../../../../test/support/memory-annotations.js';
import { type AuthenticatedCaller, StreamNotFoundError, ValidationError } from '../../../event-store/domain/index.js';
import { CorrectionService } from './correction.service.js';
import { AnnotationIds, type AnnotationRequest } from './annotation-ids.js';
import { AnnotationWriter } from './annotation-writer.js';
import { createUptimeStream } from '../../domain/index.js';

const STREAM = 'service-uptime-http';
const MINUTE = 60_000;
const ADMIN: AuthenticatedCaller = { kind: 'known', id: 'an-admin', roles: new Set(['admin']) };
const FALSE_ALARM = { from: NOON - 10 * MINUTE, to: NOON - 5 * MINUTE, status: 'up', reason: 'a false alarm' } as const;

describe('corrections', () => {
  let store: MemoryEventStore;
  let corrections: CorrectionService;

  beforeEach(async () => {
    store = new MemoryEventStore(uptimeEvents());
    const recorded = new MemoryAnnotations(store);
    const clock = new ManualClock();
    let generated = 0;
    const ids = new AnnotationIds(
      clock,
      (length) => String(generated++).padStart(length, '0'),
      (text) => Buffer.from(text).toString('hex').slice(-64).padStart(64, '0'),
    );
    corrections = new CorrectionService(recorded, LIVE, new AnnotationWriter(store, recorded), ids, clock);
    await createUptimeStream(store, 'http');
  });

  const request = (idempotencyKey?: string): AnnotationRequest => ({
    caller: ADMIN,
    service: 'http',
    idempotencyKey,
    requestId: 'request-1',
  });

  it('records corrections in order, each with its author', async () => {
    const first = await corrections.correct(request(), FALSE_ALARM);
    const second = await corrections.correct(request(), { ...FALSE_ALARM, status: 'asProbed', reason: 'it was none' });
    expect(first).toEqual({
      correction: { id: 'cor_000000000000000000000000', ...FALSE_ALARM, correctedBy: 'an-admin' },
      replayed: false,
    });
    expect(corrections.list('http')).toEqual([first.correction, second.correction]);
    expect(store.eventsOf(STREAM, 'StatusCorrected')).toMatchObject([
      { timestamp: '2026-01-01T12:00:00.000Z', metadata: { correlationId: 'request-1' } },
      {},
    ]);
  });

  it('deduplicates a retry by its idempotency key, and rejects a different request with the same key', async () => {
    const first = await corrections.correct(request('key-1'), FALSE_ALARM);
    expect(await corrections.correct(request('key-1'), FALSE_ALARM)).toEqual({ ...first, replayed: true });
    await expect(corrections.correct(request('key-1'), { ...FALSE_ALARM, status: 'down' })).rejects.toThrow(
      /Idempotency-Key 'key-1' was used for another request/,
    );
    expect(corrections.list('http')).toHaveLength(1);
  });

  it.each([
    ['ends before it begins', { ...FALSE_ALARM, to: FALSE_ALARM.from }, 'must be later than from'],
    [
      'is about the future',
      { ...FALSE_ALARM, to: NOON + 1 },
      'must not be later than the current time: only past statuses can be corrected',
    ],
  ])('rejects a correction that %s', async (_, invalid, problem) => {
    const error: unknown = await corrections.correct(request(), invalid).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ValidationError);
    expect(error).toMatchObject({ details: { mistakes: [{ path: 'to', problem }] } });
  });

  it('accepts a correction up to the current time', async () => {
    await corrections.correct(request(), { ...FALSE_ALARM, to: NOON });
    expect(corrections.list('http')).toHaveLength(1);
  });

  it('rejects a service that does not exist', async () => {
    expect(() => corrections.list('printer')).toThrow(StreamNotFoundError);
    await expect(corrections.correct({ ...request(), service: 'printer' }, FALSE_ALARM)).rejects.toThrow(
      StreamNotFoundError,
    );
  });
});
