import { persistentSubscriptions, shared } from '../../protobuf.js';
import { parseCreate, parseSource, parseUpdate } from './group-request.js';

const { CreateReq, DeleteReq, UpdateReq } = persistentSubscriptions;

const identifier = (streamName: string): InstanceType<typeof shared.StreamIdentifier> =>
  new shared.StreamIdentifier().setStreamName(Buffer.from(streamName));
const streamOptions = (streamName = 'orders'): InstanceType<typeof CreateReq.StreamOptions> =>
  new CreateReq.StreamOptions().setStreamIdentifier(identifier(streamName));
const createOptions = (): InstanceType<typeof CreateReq.Options> =>
  new CreateReq.Options().setGroupName('group').setSettings(new CreateReq.Settings());
const allOptions = (): InstanceType<typeof CreateReq.AllOptions> =>
  new CreateReq.AllOptions().setStart(new shared.Empty()).setNoFilter(new shared.Empty());

const HANDLER_FAILED = 'Exception was thrown by handler.';
const END = '18446744073709551615';

describe('a request to create a group', () => {
  it.each([
    ['the start', streamOptions().setStart(new shared.Empty()), 'start'],
    ['the end', streamOptions().setEnd(new shared.Empty()), 'end'],
    ['a revision', streamOptions().setRevision('7'), 7],
    ['the first revision', streamOptions().setRevision('0'), 'start'],
    ['the revision that means the end', streamOptions().setRevision(END), 'end'],
    ['a revision beyond the maximum', streamOptions().setRevision('18446744073709551614'), Number.MAX_SAFE_INTEGER],
  ])('starts at %s', (_, options, start) => {
    expect(parseCreate(createOptions().setStream(options))).toMatchObject({
      source: { kind: 'stream', streamName: 'orders' },
      groupName: 'group',
      start,
    });
  });

  it('is for $all, filtered or not', () => {
    expect(parseCreate(createOptions().setAll(allOptions()))).toMatchObject({
      source: { kind: 'all', filter: undefined },
      start: 'start',
    });
    const expression = new CreateReq.AllOptions.FilterOptions.Expression().setPrefixList(['a']);
    const filter = new CreateReq.AllOptions.FilterOptions().setEventType(expression).setMax(32);
    const position = new CreateReq.Position().setCommitPosition('12').setPreparePosition('12');
    expect(
      parseCreate(createOptions().setAll(new CreateReq.AllOptions().setPosition(position).setFilter(filter))),
    ).toMatchObject({
      source: { kind: 'all', filter: { on: 'eventType', regex: '', prefixes: ['a'] } },
      start: 12,
    });
  });

  it('accepts the legacy fields for stream and revision', () => {
    const options = createOptions().setStreamIdentifier(identifier('orders'));
    options.getSettings()?.setRevision('3');
    expect(parseCreate(options)).toMatchObject({ source: { streamName: 'orders' }, start: 3 });
  });

  it('accepts times in milliseconds or ticks and strategies by name or number', () => {
    const options = createOptions().setStream(streamOptions().setStart(new shared.Empty()));
    options
      .getSettings()
      ?.setMessageTimeoutTicks('50000000')
      .setCheckpointAfterMs(2000)
      .setNamedConsumerStrategy(CreateReq.ConsumerStrategy.PINNED);
    expect(parseCreate(options).settings).toMatchObject({
      messageTimeoutMs: 5000,
      checkpointAfterMs: 2000,
      consumerStrategy: 'Pinned',
    });
    options.getSettings()?.setConsumerStrategy('PinnedByCorrelation');
    expect(parseCreate(options).settings.consumerStrategy).toBe('PinnedByCorrelation');
  });

  it.each([
    ['no options', undefined],
    ['no settings', new CreateReq.Options().setStream(streamOptions().setStart(new shared.Empty()))],
    ['no source', createOptions()],
    ['no stream name', createOptions().setStream(streamOptions('').setStart(new shared.Empty()))],
    ['no start', createOptions().setStream(streamOptions())],
    ['no filter option', createOptions().setAll(new CreateReq.AllOptions().setStart(new shared.Empty()))],
    ['an empty filter', createOptions().setAll(allOptions().setFilter(new CreateReq.AllOptions.FilterOptions()))],
    [
      'an invalid regular expression',
      createOptions().setAll(
        allOptions().setFilter(
          new CreateReq.AllOptions.FilterOptions().setEventType(
            new CreateReq.AllOptions.FilterOptions.Expression().setRegex('('),
          ),
        ),
      ),
    ],
  ])('is rejected with %s', (_, options) => {
    expect(() => parseCreate(options)).toThrow(HANDLER_FAILED);
  });

  it('is rejected for a stream named $all', () => {
    expect(() => parseCreate(createOptions().setStream(streamOptions('$all').setStart(new shared.Empty())))).toThrow(
      "Subscription group group on stream $all failed: 'Bad stream name.'",
    );
  });
});

describe('a request to update a group', () => {
  it('defaults to the first strategy', () => {
    const stream = new UpdateReq.StreamOptions().setStreamIdentifier(identifier('orders')).setRevision('4');
    const options = new UpdateReq.Options()
      .setGroupName('group')
      .setStream(stream)
      .setSettings(new UpdateReq.Settings().setMaxRetryCount(2));
    expect(parseUpdate(options)).toMatchObject({
      source: { streamName: 'orders' },
      start: 4,
      settings: { maxRetryCount: 2, consumerStrategy: 'DispatchToSingle' },
    });
  });
});

describe('the source of a group', () => {
  it('is a stream or $all, and is required', () => {
    expect(parseSource(new DeleteReq.Options().setStreamIdentifier(identifier('orders')))).toEqual({
      kind: 'stream',
      streamName: 'orders',
    });
    expect(parseSource(new DeleteReq.Options().setAll(new shared.Empty()))).toEqual({ kind: 'all', filter: undefined });
    expect(() => parseSource(new DeleteReq.Options())).toThrow(HANDLER_FAILED);
    expect(() => parseSource(undefined)).toThrow(HANDLER_FAILED);
  });
});
