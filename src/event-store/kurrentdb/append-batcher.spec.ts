import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppendBatcher } from './append-batcher.js';

/** Appends that the test answers, in the order in which they were sent. */
function appendsOf(groups: AppendBatcher) {
  const sent: string[] = [];
  const answers = new Map<string, { resolve: (value: string) => void; reject: (error: Error) => void }>();
  return {
    sent,
    untilSent: async (name: string): Promise<void> => {
      while (!sent.includes(name)) await nextTurn();
    },
    append: (name: string): Promise<string> =>
      groups.run(() => {
        sent.push(name);
        return new Promise((resolve, reject) => answers.set(name, { resolve, reject }));
      }),
    answer: (...names: string[]): void => names.forEach((name) => answers.get(name)?.resolve(`${name} done`)),
    refuse: (name: string, error: Error): void => answers.get(name)?.reject(error),
  };
}

async function severalTurns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await nextTurn();
}

describe('groups of appends', () => {
  let appends: ReturnType<typeof appendsOf>;
  beforeEach(() => (appends = appendsOf(new AppendBatcher())));

  it('sends those of one turn of the event loop together, in their order', async () => {
    const both = [appends.append('a'), appends.append('b')];
    expect(appends.sent).toEqual([]);
    await nextTurn();
    expect(appends.sent).toEqual(['a', 'b']);
    appends.answer('b', 'a');
    expect(await Promise.all(both)).toEqual(['a done', 'b done']);
  });

  it('sends those that come while a group is on its way together, when all of it has been answered', async () => {
    const first = [appends.append('a'), appends.append('b')];
    await nextTurn();
    const second = [appends.append('c'), appends.append('d')];
    appends.answer('a');
    await severalTurns();
    expect(appends.sent).toEqual(['a', 'b']);
    appends.answer('b');
    await appends.untilSent('d');
    expect(appends.sent).toEqual(['a', 'b', 'c', 'd']);
    appends.answer('c', 'd');
    expect(await Promise.all([...first, ...second])).toEqual(['a done', 'b done', 'c done', 'd done']);
  });

  it('fails one by itself, also where it fails before it is sent', async () => {
    const refused = appends.append('a').catch((error: Error) => error.message);
    const thrown = new AppendBatcher()
      .run(() => {
        throw new Error('not sent');
      })
      .catch((error: Error) => error.message);
    const other = appends.append('b');
    await nextTurn();
    appends.refuse('a', new Error('refused'));
    appends.answer('b');
    expect(await Promise.all([refused, thrown, other])).toEqual(['refused', 'not sent', 'b done']);
    const next = appends.append('c');
    await appends.untilSent('c');
    appends.answer('c');
    expect(await next).toBe('c done');
  });

  it('continues without a group that gets no response, and is not delayed by a late one', async () => {
    const late = appends.append('late');
    await nextTurn();
    const second = appends.append('b');
    await appends.untilSent('b');
    const third = appends.append('c');
    appends.answer('late');
    expect(await late).toBe('late done');
    await severalTurns();
    expect(appends.sent).toEqual(['late', 'b']);
    appends.answer('b');
    expect(await second).toBe('b done');
    await appends.untilSent('c');
    appends.answer('c');
    expect(await third).toBe('c done');
  });
});
