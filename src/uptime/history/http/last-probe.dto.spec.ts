import { type ProbeAttempt } from '../../domain/index.js';
import { LastProbeDto } from './last-probe.dto.js';

describe('the last probe', () => {
  const attempt: ProbeAttempt = {
    sample: { at: 0, status: 'down', responseMicros: 3_000, error: 'the certificate of db.internal:443 has expired' },
    result: { responseTime: 3, delay: 0, certificateEndsAt: 0, certificateName: 'db.internal' },
  };
  const common = {
    timestamp: '1970-01-01T00:00:00.000Z',
    status: 'down',
    responseTime: 3,
    certificateEndsAt: '1970-01-01T00:00:00.000Z',
  };

  it('has the whole error and the name of the certificate for operators', () => {
    const { error } = attempt.sample;
    expect(LastProbeDto.of(attempt, true)).toEqual({ ...common, certificateName: 'db.internal', error });
  });

  it('has the kind of the error, and no name, for others', () => {
    expect(LastProbeDto.of(attempt, false)).toEqual({ ...common, error: 'the certificate of # has expired' });
  });
});
