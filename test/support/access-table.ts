import { cellsOf } from './markdown-table.js';
/** Callers, in the order of the columns of docs/authorization.md. */
export const CALLERS = [
  'nobody',
  'another user',
  'owner',
  'admin',
  'system',
  'expired token',
  'wrong audience',
  '`alg: none`',
] as const;
export type CallerName = (typeof CALLERS)[number];

/** Response statuses of each route for one kind of stream. */
export interface AccessTable {
  /** Heading of its section. */
  readonly title: string;
  /** Statuses as written, in the order of {@link CALLERS}, by `METHOD /path`. */
  readonly rows: ReadonlyMap<string, readonly string[]>;
}

/** Parses the tables of docs/authorization.md. @throws Error for other columns, a duplicate route or a missing cell */
export function parseAccessTables(markdown: string): readonly AccessTable[] {
  const [, ...sections] = markdown.split(/^### /m);
  return sections.map((section) => {
    const [title = '', ...lines] = section.split('\n');
    const [head, , ...body] = lines.filter((line) => line.startsWith('|')).map(cellsOf);
    if (JSON.stringify(head?.slice(1)) !== JSON.stringify(CALLERS))
      throw new Error(`The columns under '${title}' must be ${CALLERS.join(', ')}`);
    const rows = new Map<string, readonly string[]>();
    for (const [route = '', ...cells] of body) {
      const name = route.replaceAll('`', '');
      if (rows.has(name)) throw new Error(`'${name}' is duplicated under '${title}'`);
      if (cells.length !== CALLERS.length)
        throw new Error(`'${name}' must have one cell for each caller, under '${title}'`);
      rows.set(name, cells);
    }
    return { title, rows };
  });
}
