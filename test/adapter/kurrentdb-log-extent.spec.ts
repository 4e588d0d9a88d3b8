import { randomUUID } from 'node:crypto';
import { type KurrentDBService } from '../../src/event-store/kurrentdb/kurrentdb.service.js';
import { greeted, useStore } from '../support/connected-store.js';

describe('the extent of the log', () => {
  const connected = useStore();
  let store: KurrentDBService;
  beforeAll(() => ({ store } = connected));

  it('has the last event of the streams with the prefixes, their metadata included, after a position', async () => {
    const prefix = `extent-${randomUUID()}`;
    const prefixes = [`${prefix}-`, `$$${prefix}-`];
    const append = async (streamName: string): Promise<bigint> => {
      const { position } = await store.appendToStream(streamName, greeted('x'));
      if (!position) throw new Error('the store sent no position');
      return position.commit;
    };
    const extent = async (after?: bigint): Promise<{ end: bigint | undefined; lastMatch: bigint | undefined }> => {
      const found = await store.readLogExtent(
        prefixes,
        after === undefined ? undefined : { commit: after, prepare: after },
      );
      return { end: found.end?.commit, lastMatch: found.lastMatch?.commit };
    };

    const other = await append(`other-${prefix}`);
    expect(await extent()).toEqual({ end: other, lastMatch: undefined });
    const first = await append(`${prefix}-1`);
    const second = await append(`${prefix}-2`);
    expect(await extent()).toEqual({ end: second, lastMatch: second });
    expect(await extent(second)).toEqual({ end: second, lastMatch: undefined });
    const later = await append(`other-${prefix}`);
    expect(await extent()).toEqual({ end: later, lastMatch: second });
    expect(await extent(first)).toEqual({ end: later, lastMatch: second });
    expect(await extent(second)).toEqual({ end: later, lastMatch: undefined });
    const { position: metadata } = await store.setStreamMetadata(`${prefix}-1`, { description: 'changed' });
    expect(await extent(second)).toEqual({ end: metadata?.commit, lastMatch: metadata?.commit });
    const last = await append(`other-${prefix}`);
    expect(await extent(second)).toEqual({ end: last, lastMatch: metadata?.commit });
  });
});
