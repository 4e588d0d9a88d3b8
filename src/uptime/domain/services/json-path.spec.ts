import { isJsonPath, JsonPath } from './json-path.js';

const DOCUMENT = {
  status: 'ok',
  checks: [{ name: 'disk', 'free space': 0 }, { name: null }],
  'a"b': 1,
  $id: 7,
  deep: { 'x-y': true },
};

describe('a JSON path', () => {
  it.each<[string, unknown]>([
    ['$', DOCUMENT],
    ['$.status', 'ok'],
    ['$.checks[0].name', 'disk'],
    ['$["checks"][0]["free space"]', 0],
    ['$.checks[1].name', null],
    ['$["a\\"b"]', 1],
    ['$.$id', 7],
    ['$.deep.x-y', true],
    ['$.nothing', undefined],
    ['$.checks[2]', undefined],
    ['$.checks.length', undefined],
    ['$.status[0]', undefined],
    ['$.deep[0]', undefined],
    ['$.constructor', undefined],
    ['$.checks[1].name.more', undefined],
  ])('%s leads to its value, or to nothing', (path, value) => {
    expect(new JsonPath(path).read(DOCUMENT)).toEqual(value);
    expect(isJsonPath(path)).toBe(true);
  });

  it('reads a document that is no object', () => {
    expect(new JsonPath('$').read('ok')).toBe('ok');
    expect(new JsonPath('$[1]').read(['a', 'b'])).toBe('b');
  });

  it.each([
    ['status', 'must begin with $'],
    ['', 'must begin with $'],
    ['$status', 'wrong at its character 2'],
    ['$.', 'wrong at its character 2'],
    ['$.a..b', 'wrong at its character 4'],
    ['$.a[-1]', 'wrong at its character 4'],
    ['$.a[*]', 'wrong at its character 4'],
    ["$['a']", 'wrong at its character 2'],
    ['$["a', 'wrong at its character 2'],
    ['$["\\q"]', 'wrong at its character 2'],
    ['$.a ', 'wrong at its character 4'],
    ['$["a\u0007"]', 'wrong at its character 2'],
    ['$["a\u009f"]', 'wrong at its character 2'],
  ])('%j is none, and the error says where it is wrong', (path, message) => {
    expect(() => new JsonPath(path)).toThrow(message);
    expect(isJsonPath(path)).toBe(false);
  });
});
