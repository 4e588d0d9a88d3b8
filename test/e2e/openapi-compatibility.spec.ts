import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { makeDataDir, removeDataDir, ServiceProcess } from '../support/service-process.js';

type Json = unknown;
type Members = Readonly<Record<string, Json>>;

const before = JSON.parse(readFileSync(resolve(__dirname, '../fixtures/openapi-0.1.0.json'), 'utf8')) as Members;

/** Prose; clients rely on everything else. */
const PROSE = ['description', 'summary', 'title'];
/** Members of errors that are prose too, like their examples. */
const MESSAGES = ['message', 'problem'];
/** Objects whose keys are names of the API, such as a property `description`, not keywords of OpenAPI. */
const MAPS_OF_NAMES = [
  'properties',
  'paths',
  'responses',
  'headers',
  'examples',
  'content',
  'example',
  'value',
  'default',
];

/** Optional query parameters and members of responses that later versions have added, by path. */
const ADDED: Readonly<Record<string, readonly string[]>> = {
  '/api/uptime/status': ['removed', 'reason', 'certificateName', 'tag', 'tags', 'stale'],
  '/api/uptime/summary': ['removed', 'reason', 'tag', 'tags', 'from', 'to', 'stale'],
  '/api/uptime/service/{name}': ['removed', 'reason', 'tags', 'from', 'to', 'stale'],
  '/api/uptime/timeline/{name}': ['removed', 'reason', 'tags', 'from', 'to', 'stale'],
  '/api/uptime/service/{name}/maintenance': ['stale'],
  '/api/uptime/service/{name}/corrections': ['stale'],
  '/api/uptime/test-kurrentdb': ['storage', 'writes'],
};
/** Response of writes on a full disk, added to each of them. */
const STORAGE_FULL = '507';
/** Error of a replica that lacks file descriptors, added to every route. */
const OUT_OF_RESOURCES = { status: '503', type: 'out-of-resources' };
/** Members of requests that accept more than before: as before, or an integer. */
const WIDENED = ['expectedRevision'];
const READ_METHODS = ['get', 'head'];
/** Responses to Accept and to conditions, and the media type of problem details, which later versions have added. */
const ADDED_STATUSES = ['406', '412'];
const PROBLEM_JSON = 'application/problem+json';

describe('the OpenAPI document', () => {
  let dataDir: string;
  let today: Members;

  beforeAll(async () => {
    dataDir = makeDataDir();
    const service = await ServiceProcess.start({ DATA_DIR: dataDir });
    today = (await service.get('/api/docs-json')).body as Members;
    await service.stop();
  });
  afterAll(async () => {
    await ServiceProcess.killAll();
    removeDataDir(dataDir);
  });

  it('has the paths, parameters, bodies and responses of 0.1.0; prose and component names may differ', () => {
    const pathsOf = (document: Members): string[] => Object.keys(document.paths as Members).sort();
    expect(pathsOf(today)).toEqual(pathsOf(before));
    for (const path of pathsOf(before))
      expect({
        path,
        item: withoutOutOfResources(
          withoutStorageFull(
            withoutAddedResponses(
              withoutWidening(withoutAdded(contractOf(today, (today.paths as Members)[path]), ADDED[path])),
            ),
          ),
        ),
      }).toEqual({ path, item: contractOf(before, (before.paths as Members)[path]) });
    const { paths: _today, components: _components, ...rest } = today;
    const { paths: _before, components: _componentsBefore, ...restBefore } = before;
    expect(contractOf(today, rest)).toEqual(contractOf(before, restBefore));
    const securityOf = ({ components }: Members): Json => (components as Members).securitySchemes;
    expect(contractOf(today, securityOf(today))).toEqual(contractOf(before, securityOf(before)));
  });
});

/** A contract without its optional query parameters and members of these names: an addition must not be required. */
function withoutAdded(part: Json, names: readonly string[] = []): Json {
  if (typeof part !== 'object' || part === null) return part;
  if (Array.isArray(part)) {
    const isAdded = (entry: Json): boolean => {
      const parameter = entry as Partial<Readonly<Record<'in' | 'name' | 'required', Json>>> | null;
      return parameter?.in === 'query' && parameter.required === false && names.includes(String(parameter.name));
    };
    return part.filter((entry) => !isAdded(entry)).map((entry) => withoutAdded(entry, names));
  }
  const { required = [] } = part as { readonly required?: Json };
  const isOptional = (name: string): boolean => !(Array.isArray(required) && required.includes(name));
  return Object.fromEntries(
    Object.entries(part as Members).map(([key, value]) => {
      if (key !== 'properties') return [key, withoutAdded(value, names)];
      const members = Object.entries(value as Members).filter(([name]) => !(names.includes(name) && isOptional(name)));
      return [key, withoutAdded(Object.fromEntries(members), names)];
    }),
  );
}

/** A contract in which members of requests have the type that they had, if that is one of today's. */
function withoutWidening(part: Json): Json {
  if (typeof part !== 'object' || part === null) return part;
  if (Array.isArray(part)) return part.map((entry) => withoutWidening(entry));
  return Object.fromEntries(
    Object.entries(part as Members).map(([name, value]) => {
      const { oneOf, example } = (value ?? {}) as Partial<Readonly<Record<'oneOf' | 'example', Json>>>;
      if (!WIDENED.includes(name) || !Array.isArray(oneOf)) return [name, withoutWidening(value)];
      const [integer, text] = oneOf as readonly Members[];
      expect(integer).toEqual({ type: 'integer', minimum: 0 });
      return [name, { ...text, example: String(example) }];
    }),
  );
}

/** The operations of a path without responses of added statuses, and without the added media type of the others. */
function withoutAddedResponses(operations: Json): Json {
  return Object.fromEntries(
    Object.entries(operations as Members).map(([method, operation]) => {
      const { responses } = operation as { readonly responses: Members };
      const others = Object.entries(responses)
        .filter(([status]) => !ADDED_STATUSES.includes(status))
        .map(([status, response]) => {
          const { content } = response as { readonly content?: Members };
          if (!content) return [status, response];
          const { [PROBLEM_JSON]: _, ...media } = content;
          return [status, { ...(response as Members), content: media }];
        });
      return [method, { ...(operation as Members), responses: Object.fromEntries(others) as Members }];
    }),
  );
}

/** The operations of a path without the response of writes on a full disk. */
function withoutStorageFull(operations: Json): Json {
  return Object.fromEntries(
    Object.entries(operations as Members).map(([method, operation]) => {
      if (READ_METHODS.includes(method)) return [method, operation];
      const { responses } = operation as { readonly responses: Members };
      const { [STORAGE_FULL]: _, ...others } = responses;
      return [method, { ...(operation as Members), responses: others }];
    }),
  );
}

/** The operations of a path without the error of a lack of file descriptors, which has a status of its own on some. */
function withoutOutOfResources(operations: Json): Json {
  const { status, type } = OUT_OF_RESOURCES;
  return Object.fromEntries(
    Object.entries(operations as Members).map(([method, operation]) => {
      const { responses } = operation as { readonly responses: Members };
      const { [status]: unavailable, ...others } = responses;
      const media = (unavailable as { readonly content?: Members } | undefined)?.content?.['application/json'] as
        { readonly examples?: Members } | undefined;
      if (!media?.examples?.[type]) return [method, operation];
      const { [type]: _, ...examples } = media.examples;
      const rest = { ...(unavailable as Members), content: { 'application/json': { ...media, examples } } };
      const isAdded = Object.keys(examples).length === 0;
      return [method, { ...(operation as Members), responses: isAdded ? others : { ...others, [status]: rest } }];
    }),
  );
}

/** A part of a document with its references resolved and its prose removed. */
function contractOf(document: Members, part: Json, keysAreNames = false): Json {
  if (Array.isArray(part)) return part.map((entry) => contractOf(document, entry, keysAreNames));
  if (typeof part !== 'object' || part === null) return part;
  if ('$ref' in part) return contractOf(document, resolveReference(document, String((part as Members).$ref)));
  const isProse = (key: string, value: Json): boolean =>
    keysAreNames ? MESSAGES.includes(key) && typeof value === 'string' : PROSE.includes(key);
  return Object.fromEntries(
    Object.entries(part as Members)
      .filter(([key, value]) => !isProse(key, value))
      .map(([key, value]) => {
        const shown = keysAreNames && MESSAGES.includes(key) ? { ...(value as Members), example: undefined } : value;
        return [key, contractOf(document, shown, !keysAreNames && MAPS_OF_NAMES.includes(key))];
      }),
  );
}

/** @throws Error for a dangling reference */
function resolveReference(document: Members, reference: string): Json {
  let found: Json = document;
  for (const name of reference.replace('#/', '').split('/')) found = (found as Members)[name];
  if (found === undefined) throw new Error(`The document has no ${reference}`);
  return found;
}
