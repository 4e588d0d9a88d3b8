import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

// Jest writes the results of `--outputFile` into it, but does not make it.
mkdirSync(join(root, 'test-results'), { recursive: true });

/**
 * Names of the installed packages that are `"type": "module"`.
 *
 * Jest can `require` ESM only on Node >= 24.9, so these (Nest 12, jose, …) are compiled to CommonJS by SWC; other packages are
 * left alone, which is faster, and google-protobuf breaks otherwise.
 */
function esmPackages(directory, found = new Set()) {
  if (!existsSync(directory)) return found;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name.startsWith('.')) continue;
    const path = join(directory, entry.name);
    if (entry.name.startsWith('@')) {
      esmPackages(path, found);
      continue;
    }
    const manifest = join(path, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).type === 'module') {
      found.add(path.split('node_modules/').pop());
    }
    esmPackages(join(path, 'node_modules'), found);
  }
  return found;
}

const swc = (isTypeScript) => [
  '@swc/jest',
  {
    isModule: isTypeScript ? true : 'unknown',
    jsc: {
      target: 'es2022',
      keepClassNames: true,
      parser: isTypeScript ? { syntax: 'typescript', decorators: true } : { syntax: 'ecmascript' },
      transform: isTypeScript ? { legacyDecorator: true, decoratorMetadata: true } : {},
    },
    module: { type: 'commonjs' },
    sourceMaps: isTypeScript ? 'inline' : false,
  },
];

/** What `npm test` leaves to `.ci/run`, a folder of test/ each: it needs a browser, servers or many minutes. */
const SUITES_OF_THEIR_OWN = ['browser', 'faults', 'servers'];
const suite = process.env.TEST_SUITE;
const others = [...SUITES_OF_THEIR_OWN, 'bench'].map((name) => `<rootDir>/test/${name}/`);

export default {
  rootDir: root,
  testEnvironment: 'node',
  testRegex: '.*\\.spec\\.ts$',
  roots: suite === undefined ? ['<rootDir>/src', '<rootDir>/test'] : [`<rootDir>/test/${suite}`],
  testPathIgnorePatterns: ['/node_modules/', ...(suite === undefined ? others : [])],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': swc(true), '^.+\\.m?js$': swc(false) },
  transformIgnorePatterns: [`/node_modules/(?!(${[...esmPackages(join(root, 'node_modules'))].join('|')})/)`],
  testTimeout: 30_000,
};
