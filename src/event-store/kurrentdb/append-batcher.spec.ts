import { setImmediate as nextIteration } from 'node:timers/promises';
import { AppendBatcher } from './append-batcher.js';

/** Appends whose responses the test controls. */
function controlledAppends(batcher: AppendBatcher) {
  const sent: string[] = [];
  const pending = new Map<string, { resolve: (value: string) => void; reject: (error: Error) => void }>();
  return {
    sent,
    untilSent: async (name: string): Promise<void> => {
      while (!sent.includes(name)) await nextIteration();
    },
    append: (name: string): Promise<string> =>
      batcher.run(() => {
        sent.push(name);
        return new Promise((resolve, reject) => pending.set(name, { resolve, reject }));
      }),
    resolve: (...names: string[]): void => names.forEach((name) => pending.get(name)?.resolve(`${name} done`)),
    reject: (name: string, error: Error): void => pending.get(name)?.reject(error),
  };
}

async function severalIterations(): Promise<void> {
  for (let n = 0; n < 5; n++) await nextIteration();
}

describe('append batcher', () => {
  let appends: ReturnType<typeof controlledAppends>;
  beforeEach(() => (appends = controlledAppends(new AppendBatcher())));

  it('sends the appends of one event loop iteration together and in order', async () => {
    const both = [appends.append('a'), appends.append('b')];
    expect(appends.sent).toEqual([]);
    await nextIteration();
    expect(appends.sent).toEqual(['a', 'b']);
    appends.resolve('b', 'a');
    expect(await Promise.all(both)).toEqual(['a done', 'b done']);
  });

  it('sends appends that are queued while a batch is in flight together after all its responses', async () => {
    const first = [appends.append('a'), appends.append('b')];
    await nextIteration();
    const second = [appends.append('c'), appends.append('d')];
    appends.resolve('a');
    await severalIterations();
    expect(appends.sent).toEqual(['a', 'b']);
    appends.resolve('b');
    await appends.untilSent('d');
    expect(appends.sent).toEqual(['a', 'b', 'c', 'd']);
    appends.resolve('c', 'd');
    expect(await Promise.all([...first, ...second])).toEqual(['a done', 'b done', 'c done', 'd done']);
  });

  it('rejects a failed append only, also if it fails before it is sent', async () => {
    const rejected = appends.append('a').catch((error: Error) => error.message);
    const thrown = new AppendBatcher()
      .run(() => {
        throw new Error('not sent');
      })
      .catch((error: Error) => error.message);
    const other = appends.append('b');
    await nextIteration();
    appends.reject('a', new Error('rejected'));
    appends.resolve('b');
    expect(await Promise.all([rejected, thrown, other])).toEqual(['rejected', 'not sent', 'b done']);
    const next = appends.append('c');
    await appends.untilSent('c');
    appends.resolve('c');
    expect(await next).toBe('c done');
  });

  it('sends the next batch if the previous one gets no response, and ignores a late response', async () => {
    const late = appends.append('late');
    await nextIteration();
    const second = appends.append('b');
    await appends.untilSent('b');
    const third = appends.append('c');
    appends.resolve('late');
    expect(await late).toBe('late done');
    await severalIterations();
    expect(appends.sent).toEqual(['late', 'b']);
    appends.resolve('b');
    expect(await second).toBe('b done');
    await appends.untilSent('c');
    appends.resolve('c');
    expect(await third).toBe('c done');
  });
});
