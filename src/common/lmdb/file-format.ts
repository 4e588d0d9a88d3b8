/** The parts of LMDB's file format that are read without LMDB. Integers are little-endian. */
export const PAGE_HEADER_BYTES = 24;
/** Places in a page with the roots of the tables; {@link import('./page-check.js')} reads all pages. */
export const META = {
  magic: 24,
  version: 28,
  pageSize: 48,
  freeRoot: 88,
  mainRoot: 136,
  transaction: 152,
  bytes: 160,
} as const;
export const NO_PAGE = 0xffff_ffff_ffff_ffffn;
