import { indexPageKey, indexPageNumber, readUint48, UINT48_BYTES, writeUint48 } from './keys.js';
import { type CheckedTable, DataLossError, requireOrder } from './checked-table.js';
import { type Gaps } from './gaps.js';

/**
 * Positions per page. A page is rewritten by every transaction that appends to it: larger pages would slow down
 * writers, smaller ones would waste space.
 */
const ENTRIES_PER_PAGE = 64;

/** Marks an entry whose event was scavenged. */
const REMOVED = 0;

/**
 * The entries of the index streams by revision: log positions of 6 bytes, 64 per page. The positions of a stream ascend
 * with its revisions.
 */
export class IndexPages {
  /** The page of the most recent removal per index: the next one is usually nearby. */
  readonly #lastRemovedFrom = new Map<number, number>();

  constructor(
    private readonly links: CheckedTable,
    private readonly gaps: Gaps,
  ) {}

  /**
   * Revision of the last entry.
   *
   * @param lastKnown the first revision of its page
   * @throws DataLossError if that page was lost
   */
  lastRevision(indexId: number, lastKnown: number): number {
    const page = pageAt(lastKnown);
    const count = countOf(this.#read(indexId, page));
    if (count === 0) throw lostPage(indexId, page);
    return page * ENTRIES_PER_PAGE + count - 1;
  }

  /** In a transaction: appends positions. `firstRevision` must follow the last revision. */
  append(indexId: number, firstRevision: number, positions: readonly number[]): void {
    for (let taken = 0; taken < positions.length;) {
      const revision = firstRevision + taken;
      const page = Math.floor(revision / ENTRIES_PER_PAGE);
      const filled = revision % ENTRIES_PER_PAGE;
      const added = Math.min(ENTRIES_PER_PAGE - filled, positions.length - taken);
      const bytes = Buffer.allocUnsafe((filled + added) * UINT48_BYTES);
      if (filled > 0) this.#read(indexId, page).copy(bytes, 0, 0, filled * UINT48_BYTES);
      for (let index = 0; index < added; index++)
        writeUint48(bytes, (filled + index) * UINT48_BYTES, positions[taken + index] ?? REMOVED);
      this.links.put(indexPageKey(indexId, page), bytes);
      taken += added;
    }
  }

  /**
   * Position of the event at the revision, which is not beyond the last one; undefined if it was scavenged.
   *
   * @throws DataLossError if its page was lost
   */
  positionAt(indexId: number, revision: number): number | undefined {
    const offset = (revision % ENTRIES_PER_PAGE) * UINT48_BYTES;
    const bytes = this.#read(indexId, pageAt(revision));
    if (bytes.length === 0 && !this.gaps.has(indexId, pageAt(revision))) throw lostPage(indexId, pageAt(revision));
    const position = offset >= bytes.length ? REMOVED : readUint48(bytes, offset);
    return position === REMOVED ? undefined : position;
  }

  /** The nearest revision at or after the given one (at or before it, if `backwards`) whose event still exists. */
  nearest(indexId: number, revision: number, backwards: boolean): number | undefined {
    const step = backwards ? -1 : 1;
    let from = revision;
    for (
      let page = this.#nearestPage(indexId, Math.floor(revision / ENTRIES_PER_PAGE), backwards);
      page !== undefined;
      page = this.#nearestPage(indexId, page + step, backwards)
    ) {
      const first = page * ENTRIES_PER_PAGE;
      const bytes = this.#read(indexId, page);
      for (
        let index = backwards ? Math.min(from - first, countOf(bytes) - 1) : Math.max(from - first, 0);
        index >= 0 && index < countOf(bytes);
        index += step
      ) {
        if (positionIn(bytes, index) !== REMOVED) return first + index;
      }
      from = backwards ? first - 1 : first + ENTRIES_PER_PAGE;
    }
    return undefined;
  }

  /**
   * In a transaction: the event at the position was scavenged. The last page is kept even if it is empty: it defines
   * the end of the stream.
   */
  delete(indexId: number, position: number): void {
    const page = this.#pageOf(indexId, position);
    if (page === undefined) return;
    this.#lastRemovedFrom.set(indexId, page);
    const bytes = Buffer.from(this.#read(indexId, page));
    let isEmpty = true;
    for (let index = 0; index < countOf(bytes); index++) {
      if (positionIn(bytes, index) === position) writeUint48(bytes, index * UINT48_BYTES, REMOVED);
      isEmpty &&= positionIn(bytes, index) === REMOVED;
    }
    const isLast = this.#nearestPage(indexId, page + 1, false) === undefined;
    if (isEmpty && !isLast) {
      this.links.remove(indexPageKey(indexId, page));
      this.gaps.add(indexId, page);
    } else this.links.put(indexPageKey(indexId, page), bytes);
  }

  /** Binary search for the page that contains the position. */
  #pageOf(indexId: number, position: number): number | undefined {
    const latest = this.#lastRemovedFrom.get(indexId);
    if (latest !== undefined && this.#compare(indexId, latest, position) === 0) return latest;
    let low = this.#nearestPage(indexId, 0, false);
    let high = this.#nearestPage(indexId, LAST, true);
    while (low !== undefined && high !== undefined && low <= high) {
      const middle = Math.floor((low + high) / 2);
      const page = this.#nearestPage(indexId, middle, false) ?? middle; // pages in between may have been removed
      const order = page > high ? -1 : this.#compare(indexId, page, position);
      if (order === 0) return page;
      if (order < 0) high = middle - 1;
      else low = page + 1;
    }
    return undefined;
  }

  /**
   * Order of the position relative to the page: -1 before it, 0 inside it, 1 after it. A last page whose entries were
   * all removed sorts after the position.
   */
  #compare(indexId: number, page: number, position: number): -1 | 0 | 1 {
    const bytes = this.#read(indexId, page);
    let isBefore = false;
    for (let index = 0; index < countOf(bytes); index++) {
      const at = positionIn(bytes, index);
      if (at === REMOVED) continue;
      if (at === position) return 0;
      if (at > position) return isBefore ? 0 : -1;
      isBefore = true;
    }
    return isBefore || countOf(bytes) === 0 ? 1 : -1;
  }

  #nearestPage(indexId: number, page: number, backwards: boolean): number | undefined {
    if (page < 0) return undefined;
    for (const key of this.links.raw.getKeys({
      start: indexPageKey(indexId, page),
      limit: 1,
      reverse: backwards,
    })) {
      if (key.readUInt32BE(0) !== indexId) return undefined;
      const found = indexPageNumber(key);
      requireOrder(`index ${indexId}, page`, page, found, backwards);
      if (!backwards) this.gaps.requireAll(indexId, page, found, `index ${indexId}, page`);
      else if (page !== LAST) this.gaps.requireAll(indexId, found + 1, page + 1, `index ${indexId}, page`);
      return found;
    }
    return undefined;
  }

  /** Empty if the page does not exist. Valid until the next read. */
  #read(indexId: number, page: number): Buffer {
    return this.links.get(indexPageKey(indexId, page)) ?? EMPTY;
  }
}

const EMPTY = Buffer.alloc(0);

const pageAt = (revision: number): number => Math.floor(revision / ENTRIES_PER_PAGE);

const lostPage = (indexId: number, page: number): DataLossError =>
  new DataLossError(`index ${indexId}, page@${page}`, 'it is missing');

/** The first revision of a page. */
export const firstRevisionOf = (page: number): number => page * ENTRIES_PER_PAGE;

/** The first revision of the page of a revision: it changes with every {@link ENTRIES_PER_PAGE} entries only. */
export const firstOfPage = (revision: number): number => firstRevisionOf(pageAt(revision));

/** Stands for the last page, whichever that is. */
const LAST = Number.MAX_SAFE_INTEGER;

const countOf = (bytes: Buffer): number => bytes.length / UINT48_BYTES;

const positionIn = (bytes: Buffer, index: number): number => readUint48(bytes, index * UINT48_BYTES);
