import { sleep } from '../../common/wait.js';
import { HashQueue } from './hash-queue.js';

const HASH_MS = 5;
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
};

describe('HashQueue', () => {
  let nowMs: number;
  let queue: HashQueue;
  let log: string[];

  beforeEach(() => {
    nowMs = 0;
    log = [];
    queue = new HashQueue(() => nowMs);
  });

  const attempt = (name: string, peer = name, isRight = false): Promise<boolean> =>
    queue.verify(peer, async () => {
      log.push(`${name} begins`);
      await sleep(HASH_MS);
      log.push(`${name} ends`);
      return isRight;
    });

  it('runs one hash at a time', async () => {
    await Promise.all([attempt('a'), attempt('b'), queue.run(() => Promise.resolve()), attempt('c')]);
    expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('continues after a hash that fails', async () => {
    await expect(queue.run(() => Promise.reject(new Error('out of memory')))).rejects.toThrow('out of memory');
    expect(await attempt('a', 'a', true)).toBe(true);
  });

  it('delays a connection that has given a wrong password, twice as long with each, and no other one', async () => {
    await attempt('a1', 'a');
    for (const [index, delayMs] of [100, 200, 400, 800].entries()) {
      const start = log.length;
      const next = attempt(`again ${index}`, 'a');
      nowMs += delayMs - 1;
      await attempt(`other ${index}`);
      expect(log.slice(start)).toEqual([`other ${index} begins`, `other ${index} ends`]);
      nowMs += 1;
      await attempt(`another ${index}`); // begins the one that was delayed after it
      await next;
    }
  });

  it('forgets the wrong passwords of a connection after the right one', async () => {
    await attempt('wrong', 'a');
    nowMs += 100;
    expect(await attempt('right', 'a', true)).toBe(true);
    await attempt('wrong again', 'a');
    expect(log).toHaveLength(6);
  });

  it('serves authenticated callers first, then connections with the fewest wrong passwords', async () => {
    await attempt('known for guesses', 'guesser');
    await settle(); // the queue is empty
    nowMs += 100;
    const attempts = [attempt('first'), attempt('guess', 'guesser'), attempt('newcomer')];
    const change = queue.run(() => Promise.resolve(log.push('change')));
    await Promise.all([...attempts, change]);
    expect(log.filter((line) => !line.endsWith('ends')).slice(1)).toEqual([
      'first begins',
      'change',
      'newcomer begins',
      'guess begins',
    ]);
  });

  it('refuses more than 16 waiting passwords of a connection, and 256 of all', async () => {
    const refused: string[] = [];
    const running: Promise<unknown>[] = [];
    const start = (name: string, peer: string): void => {
      running.push(queue.verify(peer, () => Promise.resolve(true)).catch(() => refused.push(name)));
    };
    for (let index = 0; index < 18; index++) start(`a${index}`, 'a'); // the first one runs already
    await settle();
    expect(refused).toEqual(['a17']);
    for (let index = 0; index < 245; index++) start(`b${index}`, `peer ${index}`);
    await Promise.all(running);
    expect(refused).toContain('a17');
    await expect(queue.verify('late', () => Promise.resolve(true))).resolves.toBe(true);
  });
});
