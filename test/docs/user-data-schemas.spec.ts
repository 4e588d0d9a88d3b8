import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ValidationError } from '../../src/event-store/domain/index.js';
import { AjvDataSchemas } from '../../src/user-streams/schemas/ajv-data-schemas.js';

const page = readFileSync(resolve(__dirname, '../../docs/user-data-schemas.md'), 'utf8');
const [refusal = '', schema = '', accepted = '', refused = ''] = [...page.matchAll(/```json\n(.*?)\n```/gs)].map(
  ([, json = '']) => json,
);
const file = /For example `([^`]+)`/.exec(page)?.[1] ?? '';
const parse = (json: string): Readonly<Record<string, unknown>> =>
  JSON.parse(json) as Readonly<Record<string, unknown>>;

function mistakesOf(check: () => void): unknown {
  try {
    check();
    return [];
  } catch (error) {
    if (error instanceof ValidationError) return error.details?.mistakes;
    throw error;
  }
}

describe('docs/user-data-schemas.md', () => {
  let directory: string;
  let schemas: AjvDataSchemas;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'user-schemas-'));
    writeFileSync(join(directory, file), schema);
    schemas = new AjvDataSchemas({ userStreams: { schemasDir: directory, quota: { streams: 1, bytes: 1 } } });
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it('has a sample schema that loads under its file name', () => {
    expect(schemas.nameFor('offers', 'housing')).toBe('offers-housing@1');
    expect(page).toContain('`offers-housing@1`');
  });

  it('has samples of data that the schema accepts, and rejects at the paths named', () => {
    expect(mistakesOf(() => schemas.check('offers', 'housing', parse(accepted)))).toEqual([]);
    const named = [...(/because of (.*),/.exec(page)?.[1]?.matchAll(/`([^`]+)`/g) ?? [])].map(([, path]) => path);
    const mistakes = mistakesOf(() => schemas.check('offers', 'housing', parse(refused))) as readonly {
      path: string;
    }[];
    expect(mistakes.map(({ path }) => path).sort()).toEqual([...named].sort());
  });

  it('shows the response to invalid data', () => {
    const { message, details } = parse(refusal);
    const error = (() => {
      try {
        schemas.check('profile', 'default', { email: 'alice' });
      } catch (thrown) {
        return thrown;
      }
      return undefined;
    })();
    expect(error).toMatchObject({ message, details });
  });
});
