import { type InLog, type InStream, judgeStore, type LogMark } from './judge-store.js';

const mark = (commit: bigint, id: string, streamName = 'stream', revision = 5n): LogMark => ({
  commit,
  prepare: commit,
  id,
  streamName,
  revision,
});
const SEEN = mark(100n, 'seen');

describe('the judgement whether a store is still the one that was read', () => {
  it.each([
    ['empty', undefined],
    ['another event at the same position, as after a restore and as many writes', mark(100n, 'other')],
  ])('is that it was replaced if it is or has %s', (_what, end) => {
    expect(judgeStore(SEEN, { end })).toBe('replaced');
  });

  it('is that it is the same if its last event is the one that was seen, without further reads', () => {
    expect(judgeStore(SEEN, { end: SEEN })).toBe('same');
  });

  it.each([mark(90n, 'before'), mark(200n, 'after')])(
    'needs the stream of the event if the log ends at $commit',
    (end) => {
      expect(judgeStore(SEEN, { end })).toBe('look-at-stream');
    },
  );

  describe('of a log that ends before the event', () => {
    const end = mark(90n, 'before');
    it.each<[InStream, string]>([
      ['nothing', 'replaced'],
      ['other', 'replaced'],
      ['truncated', 'replaced'],
      ['deleted', 'same'],
      // Written between the read of the end and that of the stream.
      ['same', 'same'],
    ])('with the stream "%s" is "%s"', (inStream, judgement) => {
      expect(judgeStore(SEEN, { end, inStream })).toBe(judgement);
    });
  });

  describe('of a log with events behind it', () => {
    const end = mark(200n, 'after');
    it.each<[InStream, InLog | undefined, boolean | undefined, string]>([
      ['same', undefined, undefined, 'same'],
      ['other', undefined, undefined, 'replaced'],
      ['deleted', undefined, undefined, 'same'],
      ['truncated', undefined, undefined, 'look-at-log'],
      ['nothing', undefined, undefined, 'look-at-log'],
      // Truncated or deleted, and not scavenged yet.
      ['truncated', 'same', undefined, 'same'],
      ['nothing', 'same', undefined, 'same'],
      ['truncated', 'other', undefined, 'replaced'],
      ['nothing', 'other', undefined, 'replaced'],
      ['truncated', 'invalid', undefined, 'replaced'],
      ['nothing', 'invalid', undefined, 'replaced'],
      // Scavenged, because later events of the stream are there.
      ['truncated', 'nothing', undefined, 'same'],
      ['nothing', 'nothing', undefined, 'look-at-older'],
      ['nothing', 'nothing', true, 'same'],
      ['nothing', 'nothing', false, 'replaced'],
    ])('with the stream "%s", the log "%s" and an older mark %s is "%s"', (inStream, inLog, hasOlder, judgement) => {
      expect(
        judgeStore(SEEN, {
          end,
          inStream,
          ...(inLog === undefined ? {} : { inLog }),
          ...(hasOlder === undefined ? {} : { hasOlder }),
        }),
      ).toBe(judgement);
    });
  });
});
