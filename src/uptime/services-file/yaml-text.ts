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
import { type Path } from '../../common/parse.js';

/** Limit of alias expansion (count times nested aliases): prevents a small file from filling the memory. */
const MAX_ALIASES = 100_000;

export interface YamlText {
  /** Syntax errors and warnings. */
  readonly issues: readonly { readonly line: number; readonly text: string }[];
  /** Plain data; absent if the YAML cannot be read. */
  readonly content?: { readonly root: unknown };
  /** One-based line of the key or array item at the path, or of its nearest existing ancestor. */
  lineOf(path: Path): number;
}

/** Parses YAML and maps paths to lines. */
export function readYaml(text: string): YamlText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const lineAt = (offset: number): number => Math.max(1, lines.linePos(offset).line);

  const issues = [...document.errors, ...document.warnings].map(({ message, pos }) => ({
    line: lineAt(pos[0]),
    text: withoutSource(message),
  }));
  // Duplicate keys do not prevent the other checks.
  let isReadable = document.errors.every(({ code }) => code === 'DUPLICATE_KEY');
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document)) return;
      isReadable = false;
      issues.push({
        line: lineAt(alias.range?.[0] ?? 0),
        text: 'an alias must follow its anchor; a string that begins with * must be quoted',
      });
    },
  });
  const lineOf = (path: Path): number => lineAt(offsetOf(document, path));
  if (!isReadable) return { issues, lineOf };
  try {
    return { issues, content: { root: document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown }, lineOf };
  } catch (error) {
    return { issues: [...issues, { line: 1, text: (error as Error).message }], lineOf };
  }
}

/** Removes quoted content of the file, which may contain secrets. */
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
