/** The store cannot be used: in use, of another format, damaged. The message says what to do about it. */
export class StoreRefusedError extends Error {
  override readonly name = 'StoreRefusedError';
}
