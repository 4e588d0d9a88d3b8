import { eventually, until } from '../support/eventually.js';
import { ApiCaller } from '../support/api-caller.js';
import { type FeedEvent, LiveFeed } from '../support/live-feed.js';
import { makeDataDir, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { AUTH } from '../support/tokens.js';

const STREAM = '/api/users/alice/streams/activity/log';
const FEED = `${STREAM}/feed`;
const FROM_THE_BEGINNING = `${FEED}?from=0`;

describe('the live feed of a stream', () => {
  let dataDir: string;
  let service: ServiceProcess;
  let alice: ApiCaller;

  const start = async (environment: Readonly<Record<string, string>> = {}): Promise<void> => {
    service = await ServiceProcess.start({ DATA_DIR: dataDir, ...AUTH, ...environment });
    expect(
      (
        await eventually(
          () => service.get('/readyz'),
          ({ status }) => status === 200,
        )
      ).status,
    ).toBe(200);
  };

  beforeEach(async () => {
    dataDir = makeDataDir();
    await start();
    alice = await ApiCaller.of(() => service.url, 'alice');
    await write(0);
  });
  afterEach(async () => {
    await ServiceProcess.killAll();
    removeDataDir(dataDir);
  });

  /** Events 1, 2, … of the stream hold the counts 0, 1, … */
  const write = async (count: number): Promise<void> =>
    expect((await alice.put(STREAM, { data: { details: { count } } })).status).toBeLessThan(300);
  const follow = (path = FEED, headers: Readonly<Record<string, string>> = {}): Promise<LiveFeed> =>
    LiveFeed.open(service.url, path, { ...alice.headers, ...headers });
  const received = async (feed: LiveFeed, count: number): Promise<readonly FeedEvent[]> =>
    eventually(
      () => Promise.resolve(feed.events),
      ({ length }) => length >= count,
    );
  const idsOf = (events: readonly FeedEvent[]): number[] => events.map(({ id }) => Number(id));
  const upTo = (last: number): number[] => Array.from({ length: last + 1 }, (_, revision) => revision);

  it('sends past and new events as the history returns them, with the revision as the id', async () => {
    const feed = await follow(FROM_THE_BEGINNING);
    expect(feed.status).toBe(200);
    expect(feed.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': expect.stringContaining('no-transform') as string,
    });
    await write(1);
    await write(2);
    const events = await received(feed, 4);
    expect(events.map(({ id, event }) => [id, event])).toEqual([
      ['0', 'StreamCreated'],
      ['1', 'UserDataUpdated'],
      ['2', 'UserDataUpdated'],
      ['3', 'UserDataUpdated'],
    ]);
    const { events: history } = (await alice.get(`${STREAM}/history`)).body as { events: unknown[] };
    expect(events.map(({ data }) => data)).toEqual(history);
    feed.kill();
  });

  it('sends only new events by default', async () => {
    const feed = await follow();
    await write(1);
    expect(idsOf(await received(feed, 1))).toEqual([2]);
    feed.kill();
  });

  it('sends all of a history longer than a page, in order, while it grows', async () => {
    const events = Array.from({ length: 450 }, (_, count) => ({ data: { details: { count } } }));
    await alice.post(`${STREAM}/events`, { events });
    const feed = await follow(FROM_THE_BEGINNING);
    const growing = (async (): Promise<void> => {
      for (let count = 0; count < 20; count++) await write(count);
    })();
    await growing;
    expect(idsOf(await received(feed, 472))).toEqual(upTo(471));
    feed.kill();
  });

  it('resumes right after Last-Event-ID after each lost connection while events are recorded', async () => {
    let isDone = false;
    const writing = (async (): Promise<void> => {
      for (let count = 1; count <= 150; count++) await write(count);
      isDone = true;
    })();
    const ids: number[] = [];
    for (let round = 0; ids.at(-1) !== 151; round++) {
      const feed = await follow(FROM_THE_BEGINNING, ids.length === 0 ? {} : { 'last-event-id': String(ids.at(-1)) });
      const enough = 1 + (round % 7);
      await eventually(
        () => Promise.resolve(feed.events),
        ({ length }) => length >= enough || (isDone && length >= 151 - (ids.at(-1) ?? -1)),
      );
      feed.kill();
      ids.push(...idsOf(feed.events));
      expect(round).toBeLessThan(500);
    }
    await writing;
    expect(ids).toEqual(upTo(151));
  }, 120_000);

  it('resumes right after Last-Event-ID after a restart and after kill -9', async () => {
    const ids: number[] = [];
    for (const [round, signal] of (['SIGTERM', 'SIGKILL'] as const).entries()) {
      const feed = await follow(FROM_THE_BEGINNING, ids.length === 0 ? {} : { 'last-event-id': String(ids.at(-1)) });
      await write(round * 2 + 1);
      await received(feed, round === 0 ? 3 : 2);
      await service.kill(signal);
      await service.exit();
      await feed.ended;
      ids.push(...idsOf(feed.events));
      await start();
      await write(round * 2 + 2);
    }
    const feed = await follow(FROM_THE_BEGINNING, { 'last-event-id': String(ids.at(-1)) });
    ids.push(...idsOf(await received(feed, 1)));
    feed.kill();
    expect(ids).toEqual(upTo(5));
  }, 120_000);

  it('sends a comment as keep-alive while there are no events', async () => {
    const feed = await follow();
    await eventually(
      () => Promise.resolve(feed.comments),
      (count) => count > 0,
      30_000,
    );
    expect(feed.comments).toBeGreaterThan(0);
    expect(feed.events).toEqual([]);
    feed.kill();
  }, 60_000);

  it("ends after the event of the stream's deletion", async () => {
    const feed = await follow();
    await alice.delete(STREAM);
    await feed.ended;
    expect(feed.events.map(({ event }) => event)).toEqual(['StreamDeleted']);
  });

  it('responds to HEAD with headers only, and keeps nothing open', async () => {
    for (let count = 0; count < 60; count++)
      expect(await alice.request('HEAD', FEED)).toMatchObject({
        status: 200,
        headers: { 'content-type': 'text/event-stream' },
        text: '',
      });
    const feed = await follow();
    expect(feed.status).toBe(200);
    feed.kill();
  });

  it('allows 50 open feeds to a caller, and another one when one is closed', async () => {
    const feeds = await Promise.all(Array.from({ length: 50 }, () => follow()));
    expect(feeds.map(({ status }) => status)).toEqual(feeds.map(() => 200));
    const rejected = await alice.get(FEED);
    expect(rejected).toMatchObject({ status: 429, body: { type: 'rate-limited' } });
    expect(Number(rejected.headers['retry-after'])).toBeGreaterThan(0);
    feeds.pop()?.kill();
    const again = await eventually(
      () => follow(),
      ({ status }) => status === 200,
    );
    expect(again.status).toBe(200);
    for (const feed of [...feeds, again]) feed.kill();
  });

  it('ends at SIGTERM after the delay, also if opened during it, so that the service stops in time', async () => {
    await service.stop();
    // Much longer than a stop may take: a feed that did not end would be cut off only then.
    await start({ SHUTDOWN_DELAY_MS: '1500', SHUTDOWN_TIMEOUT_MS: '60000' });
    const feed = await follow();
    await service.kill('SIGTERM');
    const late = await follow();
    expect(late.status).toBe(200);
    await write(1);
    await Promise.all([feed.ended, late.ended]);
    for (const { events } of [feed, late]) expect(idsOf(events)).toEqual([2]);
    await until(() => service.hasExited, 'the service has exited', { withinMs: 20_000 });
    expect(await service.exit()).toBe(0);
  }, 60_000);
});
