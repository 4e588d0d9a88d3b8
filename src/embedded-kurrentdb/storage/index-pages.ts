import { linkBlockKey, numberOfLinkBlock, readUint48, UINT48_BYTES, writeUint48 } from './keys.js';
import { type Tables } from './tables.js';

/** Positions in one row. A row is written anew with every transaction that adds to it: more would cost writers, fewer would cost space. */
const LINKS_PER_BLOCK = 64;

/** Stands for a link whose event is gone. */
const GONE = 0;

/**
 * The events that each index stream refers to, by revision: nothing but their positions in the log, 6 bytes each, 64 to a row. The
 * positions of a stream rise with its revisions.
 */
export class IndexPages {
  /** Where the latest event of each index was found that is gone: the next one is seldom far away. */
  readonly #lastForgotten = new Map<number, number>();

  constructor(private readonly tables: Tables) {}

  /** Revision of the last link; -1 if there is none. */
  lastRevision(indexId: number): number {
    const block = this.#nearestBlock(indexId, Number.MAX_SAFE_INTEGER, true);
    return block === undefined ? -1 : block * LINKS_PER_BLOCK + countOf(this.#read(indexId, block)) - 1;
  }

  /** In a transaction: adds the positions of events, from a revision on, which must be the one after the last. */
  append(indexId: number, firstRevision: number, positions: readonly number[]): void {
    for (let taken = 0; taken < positions.length;) {
      const revision = firstRevision + taken;
      const block = Math.floor(revision / LINKS_PER_BLOCK);
      const filled = revision % LINKS_PER_BLOCK;
      const added = Math.min(LINKS_PER_BLOCK - filled, positions.length - taken);
      const bytes = Buffer.allocUnsafe((filled + added) * UINT48_BYTES);
      if (filled > 0) this.#read(indexId, block).copy(bytes, 0, 0, filled * UINT48_BYTES);
      for (let index = 0; index < added; index++)
        writeUint48(bytes, (filled + index) * UINT48_BYTES, positions[taken + index] ?? GONE);
      this.tables.links.putSync(linkBlockKey(indexId, block), bytes);
      taken += added;
    }
  }

  /** Position of the event that the link refers to; undefined if there is no such link, or its event is gone. */
  positionAt(indexId: number, revision: number): number | undefined {
    const offset = (revision % LINKS_PER_BLOCK) * UINT48_BYTES;
    const bytes = this.tables.links.getBinaryFast(linkBlockKey(indexId, Math.floor(revision / LINKS_PER_BLOCK)));
    const position = bytes === undefined || offset >= bytes.length ? GONE : readUint48(bytes, offset);
    return position === GONE ? undefined : position;
  }

  /** The nearest revision at or after the given one (before it or at it, backwards) whose event is not gone. */
  nearest(indexId: number, revision: number, backwards: boolean): number | undefined {
    const step = backwards ? -1 : 1;
    let from = revision;
    for (
      let block = this.#nearestBlock(indexId, Math.floor(revision / LINKS_PER_BLOCK), backwards);
      block !== undefined;
      block = this.#nearestBlock(indexId, block + step, backwards)
    ) {
      const first = block * LINKS_PER_BLOCK;
      const bytes = this.#read(indexId, block);
      for (
        let index = backwards ? Math.min(from - first, countOf(bytes) - 1) : Math.max(from - first, 0);
        index >= 0 && index < countOf(bytes);
        index += step
      ) {
        if (positionIn(bytes, index) !== GONE) return first + index;
      }
      from = backwards ? first - 1 : first + LINKS_PER_BLOCK;
    }
    return undefined;
  }

  /** In a transaction: the event at the position is gone. The last block stays, even if all in it is: it tells where the stream ends. */
  forget(indexId: number, position: number): void {
    const block = this.#blockOf(indexId, position);
    if (block === undefined) return;
    this.#lastForgotten.set(indexId, block);
    const bytes = Buffer.from(this.#read(indexId, block));
    let isEmpty = true;
    for (let index = 0; index < countOf(bytes); index++) {
      if (positionIn(bytes, index) === position) writeUint48(bytes, index * UINT48_BYTES, GONE);
      isEmpty &&= positionIn(bytes, index) === GONE;
    }
    const isLast = this.#nearestBlock(indexId, block + 1, false) === undefined;
    if (isEmpty && !isLast) this.tables.links.removeSync(linkBlockKey(indexId, block));
    else this.tables.links.putSync(linkBlockKey(indexId, block), bytes);
  }

  /** The block that could hold the position, found by halving. */
  #blockOf(indexId: number, position: number): number | undefined {
    const latest = this.#lastForgotten.get(indexId);
    if (latest !== undefined && this.#compare(indexId, latest, position) === 0) return latest;
    let low = this.#nearestBlock(indexId, 0, false);
    let high = this.#nearestBlock(indexId, Number.MAX_SAFE_INTEGER, true);
    while (low !== undefined && high !== undefined && low <= high) {
      const middle = Math.floor((low + high) / 2);
      const block = this.#nearestBlock(indexId, middle, false) ?? middle; // blocks between may be gone
      const order = block > high ? -1 : this.#compare(indexId, block, position);
      if (order === 0) return block;
      if (order < 0) high = middle - 1;
      else low = block + 1;
    }
    return undefined;
  }

  /** Whether the position is before the block's (-1), among them (0), or after them (1). Of a last block without any: before, where others are. */
  #compare(indexId: number, block: number, position: number): -1 | 0 | 1 {
    const bytes = this.#read(indexId, block);
    let isBefore = false;
    for (let index = 0; index < countOf(bytes); index++) {
      const at = positionIn(bytes, index);
      if (at === GONE) continue;
      if (at === position) return 0;
      if (at > position) return isBefore ? 0 : -1;
      isBefore = true;
    }
    return isBefore || countOf(bytes) === 0 ? 1 : -1;
  }

  #nearestBlock(indexId: number, block: number, backwards: boolean): number | undefined {
    if (block < 0) return undefined;
    for (const key of this.tables.links.getKeys({
      start: linkBlockKey(indexId, block),
      limit: 1,
      reverse: backwards,
    })) {
      return key.readUInt32BE(0) === indexId ? numberOfLinkBlock(key) : undefined;
    }
    return undefined;
  }

  /** Empty for a block that is not there. Valid until the next read. */
  #read(indexId: number, block: number): Buffer {
    const bytes = this.tables.links.getBinaryFast(linkBlockKey(indexId, block));
    return bytes?.subarray(0, bytes.length) ?? NOTHING; // lmdb's buffer is larger than its length says
  }
}

const NOTHING = Buffer.alloc(0);

const countOf = (bytes: Buffer): number => bytes.length / UINT48_BYTES;

const positionIn = (bytes: Buffer, index: number): number => readUint48(bytes, index * UINT48_BYTES);
