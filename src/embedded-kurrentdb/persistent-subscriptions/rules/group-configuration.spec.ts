import {
  decodeConfiguration,
  encodeConfiguration,
  type GroupDefinition,
  InvalidConfigurationError,
} from './group-configuration.js';
import { checkSettings, InvalidSettingsError, type RequestedSettings } from './settings.js';

const REQUESTED: RequestedSettings = {
  resolveLinks: true,
  extraStatistics: true,
  messageTimeoutMs: 1234,
  maxRetryCount: 3,
  checkpointAfterMs: 4321,
  minCheckpointCount: 5,
  maxCheckpointCount: 50,
  maxSubscriberCount: 7,
  liveBufferSize: 100,
  historyBufferSize: 60,
  readBatchSize: 10,
  consumerStrategy: 'Pinned',
};
const SETTINGS = checkSettings(REQUESTED);

const ALL_GROUP: GroupDefinition = {
  source: { kind: 'all', filter: undefined },
  groupName: 'all',
  start: 12,
  resolvedStart: 12,
  settings: SETTINGS,
};

const GROUPS: readonly GroupDefinition[] = [
  {
    source: { kind: 'stream', streamName: 'orders' },
    groupName: '',
    start: 'start',
    resolvedStart: 0,
    settings: SETTINGS,
  },
  {
    source: { kind: 'stream', streamName: 'orders' },
    groupName: 'at-end',
    start: 'end',
    resolvedStart: 17,
    settings: { ...SETTINGS, resolveLinks: false },
  },
  ALL_GROUP,
  {
    source: { kind: 'all', filter: { on: 'streamName', regex: '', prefixes: ['a', 'b'] } },
    groupName: 'prefixes',
    start: 'end',
    resolvedStart: 3,
    settings: SETTINGS,
  },
  {
    source: { kind: 'all', filter: { on: 'eventType', regex: '^a.*', prefixes: [] } },
    groupName: 'regex',
    start: 'start',
    resolvedStart: 0,
    settings: SETTINGS,
  },
];

describe('the configuration of groups', () => {
  it('is decoded as it was encoded', () => {
    expect(decodeConfiguration(encodeConfiguration(GROUPS, 0, 'admin'))).toEqual(GROUPS);
  });

  it('has the format of KurrentDB', () => {
    expect(JSON.parse(encodeConfiguration(GROUPS.slice(3, 4), 0, 'admin'))).toEqual({
      version: '2',
      updated: '1970-01-01T00:00:00.000Z',
      updatedBy: 'admin',
      entries: [
        {
          stream: '$all',
          group: 'prefixes',
          filter: { context: 'StreamId', type: 'Prefix', data: ['a', 'b'], isAllStream: true },
          resolveLinkTos: true,
          extraStatistics: true,
          messageTimeout: 1234,
          startPosition: 'C:-1/P:-1',
          firstPlace: 3,
          liveBufferSize: 100,
          historyBufferSize: 60,
          maxRetryCount: 3,
          readBatchSize: 10,
          checkPointAfter: 4321,
          minCheckPointCount: 5,
          maxCheckPointCount: 50,
          maxSubscriberCount: 7,
          namedConsumerStrategy: 'Pinned',
        },
      ],
    });
  });

  it.each([
    ['no JSON', '{'],
    ['no object', 'null'],
    ['another version', '{"version":"9","entries":[]}'],
    ['no entries', '{"version":"2"}'],
    [
      'an invalid filter',
      encodeConfiguration(
        [{ ...ALL_GROUP, source: { kind: 'all', filter: { on: 'eventType', regex: '(', prefixes: [] } } }],
        0,
        'admin',
      ),
    ],
    ['an entry without settings', '{"version":"2","entries":[{"stream":"a","group":"b","startPosition":"0"}]}'],
    [
      'an entry with an invalid start',
      '{"version":"2","entries":[{"stream":"a","group":"b","startPosition":"C:1/P:1"}]}',
    ],
  ])('is rejected if it is invalid: %s', (_, document) => {
    expect(() => decodeConfiguration(document)).toThrow(InvalidConfigurationError);
  });
});

describe('settings', () => {
  it('require an existing strategy', () => {
    expect(() => checkSettings({ ...REQUESTED, consumerStrategy: 'Nonsense' })).toThrow(
      new InvalidSettingsError('Consumer strategy Nonsense does not exist.'),
    );
  });

  it('require a buffer that is larger than a batch', () => {
    expect(() => checkSettings({ ...REQUESTED, historyBufferSize: 10 })).toThrow(
      'ReadBatchSize may not be greater than or equal to BufferSize',
    );
  });

  it('require counts that are not negative', () => {
    expect(() => checkSettings({ ...REQUESTED, maxRetryCount: -1 })).toThrow('count should be non negative.');
  });
});
