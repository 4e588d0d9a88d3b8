import { isJsonPath, JsonPath } from './json-path.js';

const DOCUMENT = {
  status: 'ok',
  checks: [{ name: 'disk', 'free space': 0 }, { name: null }],
  'a"b': 1,
  $id: 7,
  deep: { 'x-y': true },
};

describe('JsonPath', () => {
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
  ])('reads the value at %s, or undefined', (path, value) => {
    expect(new JsonPath(path).read(DOCUMENT)).toEqual(value);
    expect(isJsonPath(path)).toBe(true);
  });

  it('reads a document that is not an object', () => {
    expect(new JsonPath('$').read('ok')).toBe('ok');
    expect(new JsonPath('$[1]').read(['a', 'b'])).toBe('b');
  });

  it.each([
    ['status', 'must begin with $'],
    ['', 'must begin with $'],
    ['$status', 'not valid at character 2'],
    ['$.', 'not valid at character 2'],
    ['$.a..b', 'not valid at character 4'],
    ['$.a[-1]', 'not valid at character 4'],
    ['$.a[*]', 'not valid at character 4'],
    ["$['a']", 'not valid at character 2'],
    ['$["a', 'not valid at character 2'],
    ['$["\\q"]', 'not valid at character 2'],
    ['$.a ', 'not valid at character 4'],
    ['$["a\u0007"]', 'not valid at character 2'],
    ['$["a\u009f"]', 'not valid at character 2'],
  ])('rejects %j with the position of the error', (path, message) => {
    expect(() => new JsonPath(path)).toThrow(message);
    expect(isJsonPath(path)).toBe(false);
  });
});
