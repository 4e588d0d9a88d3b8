import { type Database, type Key } from 'lmdb';

interface BufferedRow<Value, TableKey> {
  readonly key: TableKey;
  value: Value | undefined;
  isChanged: boolean;
}

/**
 * Write-behind buffer of a table's rows, for `apply`: while a batch is applied, each row is read, decoded, encoded and
 * written at most once, however many of its events change it. Ranges of the table do not include what is not flushed
 * yet.
 */
export class RowBuffer<Value, TableKey extends string | readonly (string | number)[]> {
  readonly #rows = new Map<string, BufferedRow<Value, TableKey>>();

  constructor(private readonly table: Database<Value, TableKey & Key>) {}

  get(key: TableKey): Value | undefined {
    return this.#row(key).value;
  }

  put(key: TableKey, value: Value): void {
    this.#change(key, value);
  }

  remove(key: TableKey): void {
    this.#change(key, undefined);
  }

  /** Writes the changed rows, to be called once at the end of the batch. */
  flush(): void {
    for (const { key, value, isChanged } of this.#rows.values()) {
      if (!isChanged) continue;
      if (value === undefined) this.table.removeSync(key as TableKey & Key);
      else this.table.putSync(key as TableKey & Key, value);
    }
    this.#rows.clear();
  }

  #change(key: TableKey, value: Value | undefined): void {
    const id = idOf(key);
    const row = this.#rows.get(id);
    if (!row) {
      this.#rows.set(id, { key, value, isChanged: true });
      return;
    }
    row.value = value;
    row.isChanged = true;
  }

  #row(key: TableKey): BufferedRow<Value, TableKey> {
    const id = idOf(key);
    const buffered = this.#rows.get(id);
    if (buffered) return buffered;
    const row = { key, value: this.table.get(key as TableKey & Key), isChanged: false };
    this.#rows.set(id, row);
    return row;
  }
}

function idOf(key: string | readonly (string | number)[]): string {
  return typeof key === 'string' ? key : key.join('\0');
}
