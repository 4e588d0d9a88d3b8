import fc from 'fast-check';
import { KeyedMutex } from './keyed-mutex.js';

interface Held {
  readonly promise: Promise<void>;
  readonly end: () => void;
}
const held = (): Held => {
  let end = (): void => undefined;
  const promise = new Promise<void>((resolve) => (end = resolve));
  return { promise, end };
};
const aMoment = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('turns', () => {
  it('come one after the other for one name, in the order they were asked for', async () => {
    const turns = new KeyedMutex();
    const happened: string[] = [];
    const first = held();
    const done = [
      turns.run(['a'], async () => {
        happened.push('first begins');
        await first.promise;
        happened.push('first ends');
      }),
      turns.run(['a'], () => Promise.resolve(happened.push('second'))),
      turns.run(['a'], () => Promise.resolve(happened.push('third'))),
    ];
    await aMoment();
    expect(happened).toEqual(['first begins']);
    first.end();
    await Promise.all(done);
    expect(happened).toEqual(['first begins', 'first ends', 'second', 'third']);
  });

  it('are taken at once where nobody has the name', async () => {
    const turns = new KeyedMutex();
    const first = held();
    const waiting = turns.run(['a'], () => first.promise);
    expect(await turns.run(['b'], () => Promise.resolve('at once'))).toBe('at once');
    first.end();
    await waiting;
  });

  it('come also after one that failed, whose failure is its own', async () => {
    const turns = new KeyedMutex();
    const failing = turns.run(['a'], () => Promise.reject(new Error('failed')));
    const next = turns.run(['a'], () => Promise.resolve('fine'));
    await expect(failing).rejects.toThrow('failed');
    expect(await next).toBe('fine');
  });

  it('for several names wait for all of them', async () => {
    const turns = new KeyedMutex();
    const [a, b] = [held(), held()];
    const before = [turns.run(['a'], () => a.promise), turns.run(['b'], () => b.promise)];
    let hasBegun = false;
    const both = turns.run(['a', 'b'], () => {
      hasBegun = true;
      return Promise.resolve();
    });
    a.end();
    await aMoment();
    expect(hasBegun).toBe(false);
    b.end();
    await Promise.all([...before, both]);
    expect(hasBegun).toBe(true);
  });

  it('do not wait for themselves where a name is given twice', async () => {
    const turns = new KeyedMutex();
    await turns.run(['a', 'a'], () => Promise.resolve());
    expect(await turns.run(['a', 'b', 'a'], () => Promise.resolve('done'))).toBe('done');
  });

  it('all come to their end, never two of one name at once, each name in its order, whatever names overlap', async () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd');
    const task = fc.record({
      names: fc.array(name, { minLength: 1, maxLength: 4 }),
      moments: fc.nat(3),
      fails: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(task, { maxLength: 25 }), async (tasks) => {
        const turns = new KeyedMutex();
        const running = new Set<string>();
        const commands = new Map<string, number[]>();
        const outcomes = await Promise.allSettled(
          tasks.map(({ names, moments, fails }, index) =>
            turns.run(names, async () => {
              const own = new Set(names);
              for (const each of own) {
                expect(running.has(each)).toBe(false);
                running.add(each);
                commands.set(each, [...(commands.get(each) ?? []), index]);
              }
              for (let moment = 0; moment < moments; moment++) await aMoment();
              for (const each of own) running.delete(each);
              if (fails) throw new Error('meant to fail');
              return index;
            }),
          ),
        );
        expect(
          outcomes.map((outcome) =>
            outcome.status === 'fulfilled' ? outcome.value : (outcome.reason as Error).message,
          ),
        ).toEqual(tasks.map(({ fails }, index) => (fails ? 'meant to fail' : index)));
        for (const command of commands.values())
          expect(command).toEqual([...command].sort((one, other) => one - other));
      }),
      { numRuns: 60 },
    );
  });
});
