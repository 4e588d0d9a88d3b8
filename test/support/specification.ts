import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  createProgram,
  createSourceFile,
  type Diagnostic,
  flattenDiagnosticMessageText,
  ScriptTarget,
} from 'typescript';

/** A sentence of a document, an item of a list, or a block of code. */
export interface Statement {
  readonly section: string;
  /** Of code: without the fence. */
  readonly text: string;
}

const FILE = 'statement.ts';
/** Instead of the library, which takes a second to load. */
const BUILT_IN = [
  ...['Array<T>', 'Boolean', 'CallableFunction', 'Function', 'IArguments', 'NewableFunction', 'Number', 'Object'],
  ...['RegExp', 'String'],
]
  .map((name) => `interface ${name} {${name.startsWith('Array') ? ' length: number; [index: number]: T ' : ''}}`)
  .concat('type Record<Key extends string, Value> = { [Each in Key]: Value };')
  .join('\n');

/** The statements of the specification (a copy is in test/fixtures) in their order; titles and labels are none. */
export function specification(): readonly Statement[] {
  const text = readFileSync(resolve(__dirname, '../fixtures/streams-api.md'), 'utf8');
  const statements: Statement[] = [];
  let section = '';
  for (const block of text.split(/^(```\w*\n[\s\S]*?\n```$)|\n{2,}/m)) {
    const code = /^```\w*\n([\s\S]*)\n```$/.exec(block ?? '')?.[1];
    if (code !== undefined) statements.push({ section, text: code });
    else
      for (const line of (block ?? '').split('\n')) {
        if (/^#/.test(line)) section = line.replace(/^#+ /, '');
        else if (line !== '' && line !== '---' && !/^\*\*[^*]+:\*\*$/.test(line))
          statements.push({ section, text: line.replace(/^(?:-|\d+\.) /, '') });
      }
  }
  return statements;
}

/**
 * Checks JSON against a type of the specification, as the compiler does: nothing missing, nothing more.
 *
 * @param type an object type, or interfaces of which the last one counts
 * @param replaced parts of the type that are values, or no JSON, with what they are in this case
 * @returns the errors
 */
export function typeErrors(
  type: string,
  value: unknown,
  replaced: readonly (readonly [string, string])[] = [],
): string[] {
  const text = replaced.reduce((before, [part, by]) => before.replaceAll(part, by), type);
  const names = [...text.matchAll(/^interface (\w+)/gm)].map(([, name]) => name);
  const declared = names.length > 0 ? text : `type Declared = ${text}`;
  const source = `${BUILT_IN}\n${declared}\nconst value: ${names.at(-1) ?? 'Declared'} = ${JSON.stringify(value)};`;
  const file = createSourceFile(FILE, source, ScriptTarget.ES2022);
  const program = createProgram(
    [FILE],
    { noLib: true, strict: true, noEmit: true, types: [] },
    {
      fileExists: (name) => name === FILE,
      readFile: (name) => (name === FILE ? source : undefined),
      getSourceFile: (name) => (name === FILE ? file : undefined),
      getDefaultLibFileName: () => 'lib.d.ts',
      writeFile: () => undefined,
      getCurrentDirectory: () => '',
      getCanonicalFileName: (name) => name,
      useCaseSensitiveFileNames: () => true,
      getNewLine: () => '\n',
    },
  );
  const found: readonly Diagnostic[] = [
    ...program.getSyntacticDiagnostics(file),
    ...program.getSemanticDiagnostics(file),
  ];
  return found.map(({ messageText }) => flattenDiagnosticMessageText(messageText, ' '));
}

/** Runs a sample of code. @returns what it assigns to its constant, if it has one */
export function run(sample: string, kurrentDBService: unknown): Promise<unknown> {
  const [, constant] = /const (\w+) =/.exec(sample) ?? [];
  const Code = run.constructor as new (...code: string[]) => (service: unknown) => Promise<unknown>;
  const asynchronous = `return (async () => { ${sample}\n${constant === undefined ? '' : `return ${constant};`} })();`;
  return new Code('kurrentDBService', asynchronous)(kurrentDBService);
}
