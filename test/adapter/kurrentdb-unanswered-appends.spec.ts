import { TimeoutError, WrongExpectedRevisionError } from '../../src/event-store/domain/index.js';
import { type KurrentDBService } from '../../src/event-store/kurrentdb/kurrentdb.service.js';
import { AppendLosingProxy } from '../support/append-losing-proxy.js';
import { connect, type Connected, greeted, newStream } from '../support/connected-store.js';
import { EXTERNAL_CONNECTION_STRING, KurrentDBServer } from '../support/kurrentdb-server.js';

/** Far more than the events are looked for first. */
const TIMEOUT_MS = 20_000;
const withId = (greeting: string, id: string): ReturnType<typeof greeted> & { eventId: string } => ({
  ...greeted(greeting),
  eventId: `evt_0_${id.padEnd(16, '0')}`,
});

// Skipped against an external server, whose connection the proxy cannot read.
const describeWithOwnServer = EXTERNAL_CONNECTION_STRING === undefined ? describe : describe.skip;

describeWithOwnServer.each([
  ['in one call for all appends', ''],
  ['in a call for each append', 'admin:changeit@'],
])('KurrentDBService without a response to an append, %s', (_, user) => {
  let server: KurrentDBServer;
  let proxy: AppendLosingProxy;
  let direct: Connected;
  let losing: Connected;
  let other: KurrentDBService;
  let store: KurrentDBService;
  let name: string;

  beforeAll(async () => {
    server = await KurrentDBServer.start('--mem-db', '--insecure', '--port', '0');
    proxy = await AppendLosingProxy.start(server.connectionString.replace('//', `//${user}`));
    direct = connect(server.connectionString);
    losing = connect(proxy.connectionString, TIMEOUT_MS);
    ({ store: other } = direct);
    ({ store } = losing);
  });
  afterAll(async () => {
    await direct.clients.close();
    await losing.clients.close();
    await proxy.stop();
    await server.kill();
  });
  beforeEach(() => (name = newStream()));

  const revisions = async (): Promise<bigint[]> => (await other.readStream(name)).map(({ revision }) => revision);

  it.each(['no_stream', 0n, 'any', 'stream_exists'] as const)(
    'finds the events that were written at %s, and returns where',
    async (expectedRevision) => {
      if (expectedRevision !== 'no_stream') await other.appendToStream(name, greeted('before'));
      proxy.loseNext('response');
      const written = await store.appendToStream(name, [greeted('a'), greeted('b')], { expectedRevision });
      const last = (await other.readStream(name)).at(-1);
      expect(written).toEqual({ streamName: name, revision: last?.revision, position: last?.position });
      expect(await revisions()).toEqual(expectedRevision === 'no_stream' ? [0n, 1n] : [0n, 1n, 2n]);
    },
  );

  it('finds them behind a thousand later events', async () => {
    proxy.loseNext('response');
    const [written] = await Promise.all([
      store.appendToStream(name, [greeted('a'), greeted('b')]),
      other
        .readStream('not-there')
        .catch(() => undefined)
        .then(() =>
          other.appendToStream(
            name,
            Array.from({ length: 1_000 }, () => greeted('later')),
          ),
        ),
    ]);
    const ids = (await other.readStream(name, { limit: 2_000 })).map(
      ({ data }) => (data as { greeting: string }).greeting,
    );
    expect(written.revision).toBe(BigInt(ids.indexOf('b')));
  });

  it('finds the events that another replica has written for the same request', async () => {
    const events = [withId('a', 'a'), withId('b', 'b')];
    const first = await other.appendToStream(name, events, { expectedRevision: 'no_stream' });
    proxy.loseNext('request');
    expect(await store.appendToStream(name, events, { expectedRevision: 'no_stream' })).toEqual(first);
    expect(await revisions()).toEqual([0n, 1n]);
  });

  it('finds the events of an append to several streams, and of a conditional one', async () => {
    const [second, lease] = [newStream(), newStream()];
    await other.appendToStream(lease, greeted('held'));
    proxy.loseNext('response');
    const together = await store.appendToStreams([
      { streamName: name, events: [greeted('a')], expectedRevision: 'no_stream' },
      { streamName: second, events: [greeted('b'), greeted('c')], expectedRevision: 'any' },
    ]);
    expect(together.revisions).toEqual(
      new Map([
        [name, 0n],
        [second, 1n],
      ]),
    );
    expect(together.position).toEqual((await other.readStream(second)).at(-1)?.position);
    proxy.loseNext('response');
    const conditional = await store.appendConditionally(
      { streamName: name, events: [greeted('d')], expectedRevision: 0n },
      [{ streamName: lease, expectedRevision: 0n }],
    );
    expect(conditional).toEqual({
      streamName: name,
      revision: 1n,
      position: (await other.readStream(name)).at(-1)?.position,
    });
  });

  it('finds the metadata that were written', async () => {
    proxy.loseNext('response');
    const written = await store.setStreamMetadata(name, { maxCount: 7 }, { expectedRevision: 'no_stream' });
    expect(written).toMatchObject({ streamName: `$$${name}`, revision: 0n, position: expect.anything() as unknown });
    expect((await other.getStreamMetadata(name)).metadata).toEqual({ maxCount: 7 });
  });

  it('finds after the time limit what it had no time to look for before', async () => {
    const hasty = connect(proxy.connectionString, 200);
    await hasty.store.readStream(name).catch(() => undefined);
    proxy.loseNext('response');
    await expect(hasty.store.appendToStream(name, greeted('a'))).resolves.toMatchObject({ revision: 0n });
    await hasty.clients.close();
  });

  it('throws TimeoutError if they are not there, and takes no other events for them', async () => {
    const brief = connect(proxy.connectionString, 1_500);
    await brief.store.appendToStream(name, withId('mine', 'first'));
    for (const [index, expectedRevision] of (['any', 0n] as const).entries()) {
      proxy.loseNext('request');
      const append = brief.store.appendToStream(name, withId('mine', `second${index}`), { expectedRevision });
      await other.appendToStream(name, withId('other', `other${index}`));
      await expect(append).rejects.toThrow(TimeoutError);
    }
    expect(await revisions()).toEqual([0n, 1n, 2n]);
    await brief.clients.close();
  });

  it('still throws what the server responds', async () => {
    await other.appendToStream(name, greeted('a'));
    await expect(store.appendToStream(name, greeted('b'), { expectedRevision: 'no_stream' })).rejects.toThrow(
      WrongExpectedRevisionError,
    );
  });
});
