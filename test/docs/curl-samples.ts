import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(__dirname, '../..');

/** A `curl` of the documentation, and the JSON that is shown below it, if any. */
export interface CurlSample {
  readonly document: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly json: string | undefined;
}

export function readDocument(path: string): string {
  return readFileSync(resolve(root, path), 'utf8');
}

/** The samples of a document, in their order. @throws Error for an option of curl that is not supported here */
export function curlSamplesOf(document: string): CurlSample[] {
  const blocks = /```sh\n(curl -s (?:(?!```).)+)\n```(?:\n+```json\n(.*?)\n```)?/gs;
  return [...readDocument(document).matchAll(blocks)].map(([, command = '', json]) => ({
    document,
    ...parse(command),
    json,
  }));
}

function parse(command: string): Pick<CurlSample, 'method' | 'path' | 'headers' | 'body'> {
  const words = [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, plain]) => single ?? double ?? plain ?? '',
  );
  const headers: Record<string, string> = {};
  let method: string | undefined;
  let path = '';
  let body: string | undefined;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === 'curl' || word === '-s' || word === '\\') continue;
    else if (word === '-X') method = words.shift();
    else if (word === '-H') {
      const [name = '', value = ''] = (words.shift() ?? '').split(/: (.*)/s);
      headers[name] = value;
    } else if (word === '--json') {
      body = words.shift();
      headers['Content-Type'] = 'application/json';
    } else if (word.startsWith('localhost:3001')) path = word.slice('localhost:3001'.length);
    else throw new Error(`What is '${word}' in: ${command}`);
  }
  return { method: method ?? (body === undefined ? 'GET' : 'POST'), path, headers, body };
}
