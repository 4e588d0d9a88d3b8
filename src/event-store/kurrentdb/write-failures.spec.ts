import { ConnectionError, TimeoutError, WrongExpectedRevisionError } from '../domain/index.js';
import { WriteFailures } from './write-failures.js';

describe('failures of writes', () => {
  let now = 0;
  let failures: WriteFailures;
  beforeEach(() => {
    now = 0;
    failures = new WriteFailures({ monotonic: () => now });
  });

  const succeed = (kind: string): Promise<void> => failures.watch(kind, Promise.resolve());
  const fail = async (kind: string, error: Error = new TimeoutError('late')): Promise<void> =>
    expect(failures.watch(kind, Promise.reject(error))).rejects.toBe(error);

  it('reports a kind whose last three writes have failed', async () => {
    await fail('appending');
    await fail('appending', new ConnectionError('unreachable'));
    expect(failures.reason).toBeUndefined();
    await fail('appending');
    expect(failures.reason).toBe('late');
  });

  it('reports it although writes of another kind succeed, until one of the kind succeeds', async () => {
    for (let n = 0; n < 3; n++) {
      await fail('appending to several streams');
      await succeed('appending');
    }
    expect(failures.reason).toBe('late');
    await succeed('appending to several streams');
    expect(failures.reason).toBeUndefined();
  });

  it('counts an answer of the store that rejects the write as a success', async () => {
    for (let n = 0; n < 3; n++) {
      await fail('appending');
      await fail('appending', new WrongExpectedRevisionError('stream'));
    }
    expect(failures.reason).toBeUndefined();
  });

  it('forgets a kind without another write after a minute', async () => {
    for (let n = 0; n < 3; n++) await fail('appending');
    now = 59_999;
    expect(failures.reason).toBe('late');
    now = 60_000;
    expect(failures.reason).toBeUndefined();
  });
});
