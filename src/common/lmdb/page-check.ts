import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { META, NO_PAGE, PAGE_HEADER_BYTES } from './file-format.js';

/** A page is not what LMDB wrote there. */
export class DamagedPageError extends Error {
  override readonly name = 'DamagedPageError';
}

/** Flags of pages; others are of memory only. */
const PAGE = { branch: 0x01, leaf: 0x02, overflow: 0x04, known: 0x67 } as const;
const NODE_HEADER_BYTES = 8;
const NODE = { isLarge: 0x01, isTable: 0x02 } as const;
/** Number, transaction and count of the pages of a large value. */
const LARGE_BYTES = 24;
/** Fields of the description of a table. */
const TABLE = { depth: 6, branches: 8, leaves: 16, overflows: 24, entries: 32, root: 40, bytes: 48 } as const;

/** Keys between which those of a page must be; undefined at the edges of a tree. */
interface Range {
  readonly from: Buffer | undefined;
  readonly to: Buffer | undefined;
}

const COUNTS = ['branches', 'leaves', 'overflows', 'entries'] as const;
type Counts = Record<(typeof COUNTS)[number], number>;

type KeyOrder = (a: Buffer, b: Buffer) => number;

const asBytes: KeyOrder = (a, b) => a.compare(b);

const INTEGER_BYTES = 8;

/** The order of keys that LMDB writes as integers of the machine. */
const asIntegers: KeyOrder = (a, b) => Number(a.readBigUInt64LE() - b.readBigUInt64LE());

/**
 * Visits every page of a file of LMDB without LMDB, which trusts what pages say: a damaged one ends the process that
 * reads or writes it, sometimes only at a certain key. It takes about a second per million rows.
 *
 * While a server uses the file, the caller must hold a read transaction, so that no page is reused meanwhile.
 *
 * @throws DamagedPageError
 */
export function checkPages(path: string): void {
  const file = openSync(path, 'r');
  try {
    new PageCheck(path, file).run();
  } finally {
    closeSync(file);
  }
}

class PageCheck {
  readonly #pageSize: number;
  readonly #meta: Buffer;
  readonly #seen: Uint8Array;

  constructor(
    private readonly path: string,
    private readonly file: number,
  ) {
    const first = this.#bytes(0, META.bytes);
    this.#pageSize = first.readUInt32LE(META.pageSize);
    const second = this.#bytes(this.#pageSize, META.bytes);
    const isSecond = second.readBigUInt64LE(META.transaction) > first.readBigUInt64LE(META.transaction);
    this.#meta = isSecond ? second : first;
    this.#seen = new Uint8Array(Math.floor(fstatSync(file).size / this.#pageSize));
  }

  run(): void {
    this.#table(this.#meta.subarray(META.freeRoot - TABLE.root), 'free pages', asIntegers);
    this.#table(this.#meta.subarray(META.mainRoot - TABLE.root), 'tables', asBytes);
  }

  #table(description: Buffer, name: string, order: KeyOrder): void {
    const root = description.readBigUInt64LE(TABLE.root);
    const counts: Counts = { branches: 0, leaves: 0, overflows: 0, entries: 0 };
    if (root !== NO_PAGE)
      this.#tree(
        Number(root),
        description.readUInt16LE(TABLE.depth),
        { from: undefined, to: undefined },
        counts,
        order,
      );
    for (const field of COUNTS)
      if (description.readBigUInt64LE(TABLE[field]) !== BigInt(counts[field]))
        this.#reject(`${name} has ${counts[field]} ${field}, which is not what was written`);
  }

  /** A page and those below it. */
  #tree(number: number, depth: number, { from, to }: Range, counts: Counts, order: KeyOrder): void {
    const isLeaf = depth === 1;
    const page = this.#page(number, isLeaf ? PAGE.leaf : PAGE.branch);
    const nodes = page.readUInt16LE(20) / 2;
    const end = PAGE_HEADER_BYTES + 2 * nodes;
    if (!Number.isInteger(nodes) || nodes < 1 || end > page.length) this.#reject(`page ${number} has an invalid size`);
    counts[isLeaf ? 'leaves' : 'branches']++;
    let previous = from;
    let child: number | undefined;
    for (let index = 0; index < nodes; index++) {
      const node = PAGE_HEADER_BYTES + page.readUInt16LE(PAGE_HEADER_BYTES + 2 * index);
      if (node < end || node + NODE_HEADER_BYTES > page.length) this.#reject(`page ${number} has an invalid row`);
      const data = node + NODE_HEADER_BYTES + page.readUInt16LE(node + 6);
      if (data > page.length) this.#reject(`page ${number} has a key that is too long`);
      // The first key of a branch is not stored: it is that of the branch.
      const key = !isLeaf && index === 0 ? from : page.subarray(node + NODE_HEADER_BYTES, data);
      const isFirst = index === 0;
      if (order === asIntegers && key !== undefined && key.length !== INTEGER_BYTES)
        this.#reject(`page ${number} has an invalid key`);
      if (key !== undefined && previous !== undefined && order(previous, key) >= (isFirst ? 1 : 0))
        this.#reject(`page ${number} has keys that are out of order`);
      if (isLeaf) this.#row(page, number, node, data, counts);
      else {
        if (child !== undefined) this.#tree(child, depth - 1, { from: previous, to: key }, counts, order);
        child = page.readUInt32LE(node) + page.readUInt16LE(node + 4) * 2 ** 32;
      }
      previous = key;
    }
    if (child !== undefined) this.#tree(child, depth - 1, { from: previous, to }, counts, order);
    if (to !== undefined && previous !== undefined && order(previous, to) >= 0)
      this.#reject(`page ${number} has keys that are out of order`);
  }

  #row(page: Buffer, number: number, node: number, data: number, counts: Counts): void {
    counts.entries++;
    const size = page.readUInt32LE(node);
    const flags = page.readUInt16LE(node + 4);
    const inPage = (flags & NODE.isLarge) === 0 ? size : LARGE_BYTES;
    if (data + inPage > page.length || flags > (NODE.isLarge | NODE.isTable))
      this.#reject(`page ${number} has an invalid value`);
    if ((flags & NODE.isLarge) !== 0) counts.overflows += this.#largeValue(page, data, size);
    if ((flags & NODE.isTable) === 0) return;
    if (size !== TABLE.bytes) this.#reject(`page ${number} has an invalid table`);
    const key = page.toString('latin1', node + NODE_HEADER_BYTES, data);
    this.#table(page.subarray(data, data + size), `table ${key}`, asBytes);
  }

  /** Returns the number of pages. */
  #largeValue(page: Buffer, data: number, size: number): number {
    const first = Number(page.readBigUInt64LE(data));
    const count = Number(page.readBigUInt64LE(data + 16));
    if (count !== Math.floor((PAGE_HEADER_BYTES - 1 + size) / this.#pageSize) + 1)
      this.#reject(`page ${first} has an invalid size`);
    if (this.#page(first, PAGE.overflow).readUInt32LE(20) !== count) this.#reject(`page ${first} has an invalid size`);
    for (let number = first + 1; number < first + count; number++) this.#use(number);
    return count;
  }

  #page(number: number, kind: number): Buffer {
    this.#use(number);
    const page = this.#bytes(number * this.#pageSize, this.#pageSize);
    if (page.readBigUInt64LE() !== BigInt(number) || (page.readUInt16LE(18) & PAGE.known) !== kind)
      this.#reject(`page ${number} is not what was written there`);
    return page;
  }

  #use(number: number): void {
    if (this.#seen[number] !== 0) this.#reject(`page ${number} is beyond the end, or used twice`);
    this.#seen[number] = 1;
  }

  #bytes(offset: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    if (readSync(this.file, bytes, 0, length, offset) < length) this.#reject('the file is truncated');
    return bytes;
  }

  #reject(problem: string): never {
    throw new DamagedPageError(`${this.path} is damaged: ${problem}`);
  }
}
