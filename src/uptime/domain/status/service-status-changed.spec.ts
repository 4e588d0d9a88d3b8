import { ServiceStatusChanged, fromServiceStatusChanged, toServiceStatusChanged } from './service-status-changed.js';
import { changeEventId, type StatusChange } from './status-change.js';

const CHANGE: StatusChange = {
  serviceName: 'http',
  status: 'down',
  at: Date.UTC(2026, 0, 1),
  duration: 60_000,
  metadata: { responseTime: 12, error: 'connection refused by 127.0.0.1:3000' },
  eventId: changeEventId('http', 'down', Date.UTC(2026, 0, 1)),
};

describe('ServiceStatusChanged', () => {
  it('is recorded in the documented form, with the event id and timestamp of the change', () => {
    expect(toServiceStatusChanged(CHANGE)).toEqual({
      type: 'ServiceStatusChanged',
      data: {
        serviceName: 'http',
        status: 'down',
        timestamp: '2026-01-01T00:00:00.000Z',
        duration: 60_000,
        metadata: CHANGE.metadata,
        eventId: CHANGE.eventId,
      },
      timestamp: '2026-01-01T00:00:00.000Z',
      eventId: CHANGE.eventId,
      metadata: { source: 'penguin-pool-streams/uptime' },
    });
  });

  it('is parsed back to the same change', () => {
    const stored: unknown = JSON.parse(JSON.stringify(toServiceStatusChanged(CHANGE).data));
    expect(fromServiceStatusChanged(ServiceStatusChanged.parse(stored))).toEqual(CHANGE);
  });

  it.each<[string, object, RegExp]>([
    ['a status that cannot be confirmed', { status: 'unknown' }, /status must be one of up, degraded, down/],
    ['a timestamp in another format', { timestamp: '2026-01-01' }, /timestamp must be a timestamp in UTC/],
    ['a negative duration', { duration: -1 }, /duration must be an integer/],
    ['a response time with fractions', { metadata: { responseTime: 1.5 } }, /responseTime must be an integer/],
    ['an unknown grade', { metadata: { performanceGrade: 'superb' } }, /performanceGrade must be one of/],
    ['an event id in another format', { eventId: '42' }, /eventId must be an id of the form/],
    ['an invalid service name', { serviceName: 'HTTP!' }, /serviceName/],
  ])('rejects %s', (_, wrong, message) => {
    expect(() => ServiceStatusChanged.parse({ ...toServiceStatusChanged(CHANGE).data, ...wrong })).toThrow(message);
  });
});
