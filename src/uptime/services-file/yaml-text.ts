import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';

/** Keys and indexes that lead from the root of the file to a place in it. */
export type Path = readonly (string | number)[];

/** An alias may be used so often, times the aliases in what it stands for: beyond that, a small file could fill the memory. */
const MAX_ALIASES = 100_000;

export interface YamlText {
  /** What is wrong with the YAML itself. */
  readonly mistakes: readonly { readonly line: number; readonly text: string }[];
  /** What it holds, as plain data; absent where the mistakes are such that nothing can be told of it. */
  readonly content?: { readonly root: unknown };
  /** The line, from 1, of the key or the list item that a path leads to; where there is none, of the nearest one above it. */
  lineOf(path: Path): number;
}

/** Reads a YAML file that people write, and keeps where everything is in it. */
export function readYaml(text: string): YamlText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const lineAt = (offset: number): number => Math.max(1, lines.linePos(offset).line);

  const mistakes = [...document.errors, ...document.warnings].map(({ message, pos }) => ({
    line: lineAt(pos[0]),
    text: withoutSource(message),
  }));
  // Of two equal keys, one can be looked at as well as the other.
  let isReadable = document.errors.every(({ code }) => code === 'DUPLICATE_KEY');
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document)) return;
      isReadable = false;
      mistakes.push({
        line: lineAt(alias.range?.[0] ?? 0),
        text: 'what an alias stands for must come before it; a text that begins with * needs quotes',
      });
    },
  });
  const lineOf = (path: Path): number => lineAt(offsetOf(document, path));
  if (!isReadable) return { mistakes, lineOf };
  try {
    return { mistakes, content: { root: document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown }, lineOf };
  } catch (error) {
    return { mistakes: [...mistakes, { line: 1, text: (error as Error).message }], lineOf };
  }
}

/** What the parser quotes of the file may be a secret. */
function withoutSource(message: string): string {
  return message.replace(/(?<=\S)[:;] .*| %\S+$/s, '');
}

function offsetOf(document: Document.Parsed, path: Path): number {
  let node: Node | undefined = document.contents ?? undefined;
  let offset = node?.range?.[0] ?? 0;
  for (const step of path) {
    const found = childOf(isAlias(node) ? node.resolve(document) : node, step);
    if (!found) break;
    offset = found.offset ?? offset;
    node = found.node;
  }
  return offset;
}

function childOf(
  parent: Node | undefined,
  step: string | number,
): { node: Node | undefined; offset: number | undefined } | undefined {
  if (isSeq(parent) && typeof step === 'number') {
    const item = parent.items[step];
    return isNode(item) ? { node: item, offset: item.range?.[0] } : undefined;
  }
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === step);
  if (!pair || !isScalar(pair.key)) return undefined;
  return { node: isNode(pair.value) ? pair.value : undefined, offset: pair.key.range?.[0] };
}
