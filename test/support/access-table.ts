/** Who asks, in the order of the columns of docs/authorization.md. */
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

/** What each route answers about one kind of stream. */
export interface AccessTable {
  /** The heading above it. */
  readonly title: string;
  /** Statuses as they are written, in the order of {@link CALLERS}, by `METHOD /path`. */
  readonly rows: ReadonlyMap<string, readonly string[]>;
}

/** Reads the tables of docs/authorization.md, each under its heading. @throws Error for a table that is not as it should be */
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
      if (rows.has(name)) throw new Error(`'${name}' stands twice under '${title}'`);
      if (cells.length !== CALLERS.length)
        throw new Error(`'${name}' has not one cell for each caller, under '${title}'`);
      rows.set(name, cells);
    }
    return { title, rows };
  });
}

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}
