import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogStore } from './log-store.js';
import { LogWriter } from './log-writer.js';
import { checkPages, DamagedPageError } from '../../common/lmdb/page-check.js';

const PAGE_BYTES = 4096;
const EMPTY = Buffer.alloc(0);

describe('the check of pages', () => {
  let directory: string;
  let path: string;
  let store: LogStore;
  const append = (count: number, bytes: number): void => {
    const writer = new LogWriter(store, { nowMs: () => 1_000, newEventId: () => randomBytes(16) });
    for (let n = 0; n < count; n++)
      store.transaction(() =>
        writer.append(`s-${n % 30}`, { kind: 'any' }, [
          {
            id: randomBytes(16),
            type: Buffer.from('T'),
            isJson: false,
            customMetadata: EMPTY,
            data: randomBytes(bytes),
          },
        ]),
      );
  };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'page-check-'));
    path = join(directory, 'store.mdb');
    store = LogStore.open({ directory, durable: true });
  });
  afterEach(async () => {
    await store.close().catch(() => undefined);
    rmSync(directory, { recursive: true });
  });

  it('finds nothing in a new store, in one with large values, and after events were removed', () => {
    expect(() => checkPages(path)).not.toThrow();
    append(300, 100);
    append(20, 20_000);
    expect(() => checkPages(path)).not.toThrow();
    store.transaction(() => {
      for (let n = 0; n < 30; n++)
        for (let revision = 0; revision < 8; revision++) store.remove(store.streams.get(`s-${n}`), revision);
    });
    append(100, 5_000);
    expect(() => checkPages(path)).not.toThrow();
  });

  it('finds what would end the process that reads it: sizes, places and numbers of pages', async () => {
    append(300, 100);
    append(5, 20_000);
    await store.close();
    const sound = readFileSync(path);
    const changed: string[] = [];
    let pages = 0;
    for (let page = 2; page * PAGE_BYTES < sound.length; page++) {
      const start = page * PAGE_BYTES;
      const flags = sound.readUInt16LE(start + 18);
      const isUsed = ((): boolean => {
        const bytes = Buffer.from(sound);
        bytes.fill(0xa5, start, start + PAGE_BYTES);
        return isFound(bytes);
      })();
      if (!isUsed || (flags !== 1 && flags !== 2)) continue; // free, or bytes of a large value
      pages++;
      const node = start + 24 + sound.readUInt16LE(start + 24);
      // Number, kind and length of the page, place of a row; the sizes of a value and of a key in leaves.
      const places = [start, start + 18, start + 20, start + 25, ...(flags === 2 ? [node + 2, node + 7] : [node + 1])];
      for (const at of places) {
        const bytes = Buffer.from(sound);
        bytes.writeUInt8(bytes.readUInt8(at) ^ 0x40, at);
        if (!isFound(bytes)) changed.push(`page ${page}, byte ${at - start}`);
      }
    }
    expect(pages).toBeGreaterThan(20);
    expect(changed).toEqual([]);
  });

  function isFound(bytes: Buffer): boolean {
    const copy = join(directory, 'copy.mdb');
    writeFileSync(copy, bytes);
    try {
      checkPages(copy);
      return false;
    } catch (error) {
      if (error instanceof DamagedPageError) return true;
      throw error;
    }
  }
});
