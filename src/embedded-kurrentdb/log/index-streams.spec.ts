import {
  indexEntry,
  type IndexedEvent,
  indexScope,
  indexStream,
  type IndexStream,
  indexStreamsOf,
} from './index-streams.js';

const NOTHING = Buffer.alloc(0);
const SOFT_DELETION = Buffer.from('{"$tb":9223372036854775807}');

const event = (streamName: string, changes: Partial<IndexedEvent> = {}): IndexedEvent => ({
  streamName,
  revision: 3,
  type: 'T',
  customMetadata: NOTHING,
  data: NOTHING,
  createdMs: 0,
  ...changes,
});
const indexesOf = (indexed: IndexedEvent): string[] => {
  const scope = indexScope(indexed.streamName);
  return scope === undefined ? [] : indexStreamsOf(scope, indexed);
};
const index = (name: string): IndexStream => {
  const found = indexStream(name);
  if (found === undefined) throw new Error(`${name} is not an index stream`);
  return found;
};
const entry = (name: string, indexed: IndexedEvent): unknown[] => {
  const { type, data, customMetadata } = indexEntry(index(name), indexed);
  return [type, data, customMetadata === '' ? undefined : JSON.parse(customMetadata)];
};

describe('the index streams of an event', () => {
  it('include its category, up to the first "-", and its type', () => {
    expect(indexesOf(event('user-1-profile'))).toEqual(['$ce-user', '$et-T']);
    expect(indexesOf(event('nodash'))).toEqual(['$et-T']);
    expect(indexesOf(event('-1'))).toEqual(['$et-T']);
  });

  it('include those of streams for the first event', () => {
    expect(indexesOf(event('user-1', { revision: 0 }))).toEqual(['$ce-user', '$streams', '$category-user', '$et-T']);
    expect(indexesOf(event('$$user-1', { revision: 0, type: '$metadata' }))).toEqual(['$streams', '$et-$metadata']);
  });

  it('are none for system streams and their metadata streams', () => {
    for (const name of ['$system', '$$$system', '$ce-user', '$persistentsubscription-a::b-parked'])
      expect(indexesOf(event(name, { revision: 0 }))).toEqual([]);
  });

  it('exclude the type of a link', () => {
    expect(indexesOf(event('user-1', { type: '$>', customMetadata: Buffer.from('{"$correlationId":"c"}') }))).toEqual([
      '$ce-user',
    ]);
  });

  it('include its correlation id if its custom metadata is JSON with a string $correlationId', () => {
    const withMetadata = (text: string): string[] =>
      indexesOf(event('a', { customMetadata: Buffer.from(text) })).slice(1);
    expect(withMetadata('{"$correlationId":"c-1","x":1}')).toEqual(['$bc-c-1']);
    expect(withMetadata('{"\\u0024correlationId":"c-1"}')).toEqual(['$bc-c-1']);
    for (const other of [
      '{"correlationId":"c"}',
      '{"$correlationId":null}',
      '{"$correlationId":5}',
      '"$correlationId"',
      '{"$correlationId"',
      'null',
    ])
      expect(withMetadata(other)).toEqual([]);
  });

  it('include $et-$deleted for a deletion, instead of the type of its event', () => {
    expect(indexesOf(event('$$user-1', { type: '$metadata', data: SOFT_DELETION }))).toEqual([
      '$ce-user',
      '$et-$deleted',
    ]);
    expect(indexesOf(event('$$user-1', { type: '$metadata', data: Buffer.from('{"$tb":7}') }))).toEqual([
      '$et-$metadata',
    ]);
    expect(indexesOf(event('user-1', { type: '$streamDeleted', revision: Number.POSITIVE_INFINITY }))).toEqual([
      '$ce-user',
      '$et-$deleted',
    ]);
  });
});

describe('the entry of an index stream', () => {
  it('links to the event', () => {
    expect(entry('$ce-user', event('user-1'))).toEqual(['$>', '3@user-1', { $o: 'user-1' }]);
    expect(entry('$et-T', event('user-1'))).toEqual(['$>', '3@user-1', undefined]);
    expect(entry('$et-$metadata', event('$$user-1', { type: '$metadata', data: Buffer.from('{}') }))).toEqual([
      '$>',
      '3@$$user-1',
      undefined,
    ]);
    expect(entry('$streams', event('user-1', { revision: 0 }))).toEqual(['$>', '0@user-1', undefined]);
    expect(entry('$bc-c', event('user-1', { createdMs: 1 }))).toEqual([
      '$>',
      '3@user-1',
      { $eventTimestamp: '1970-01-01T00:00:00.001000Z' },
    ]);
    expect(entry('$category-user', event('user-1', { revision: 0 }))).toEqual(['$@', 'user-1', undefined]);
  });

  it('copies the target of a link in a category stream', () => {
    expect(entry('$ce-user', event('user-1', { type: '$>', data: Buffer.from('7@other') }))).toEqual([
      '$>',
      '7@other',
      { $o: 'user-1' },
    ]);
  });

  it('marks the deletion of a stream', () => {
    const softly = event('$$user-1', { type: '$metadata', data: SOFT_DELETION });
    const forGood = event('user-1', { type: '$streamDeleted', revision: Number.POSITIVE_INFINITY });
    expect(entry('$ce-user', softly)).toEqual(['$>', '3@$$user-1', { $o: 'user-1', $deleted: -1 }]);
    expect(entry('$et-$deleted', softly)).toEqual(['$>', '3@user-1', { $deleted: -1 }]);
    expect(entry('$ce-user', forGood)).toEqual(['$>', '9223372036854775807@user-1', { $o: 'user-1', $deleted: -1 }]);
    expect(entry('$et-$deleted', forGood)).toEqual(['$>', '9223372036854775807@user-1', { $deleted: -1 }]);
  });
});
