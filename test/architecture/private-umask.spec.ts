import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const SOURCE = resolve(__dirname, '../../src');
const FIRST_IMPORT = /^(?:\/\*\*[\s\S]*?\*\/\n)?import '(?:\.{1,2}\/)+common\/private-umask\.js';\n/;

/** Files that a process starts with: those of npm scripts and those of child processes. */
function entryPoints(): readonly string[] {
  return readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
    .filter((path) => /(^|\/)(main|cli|[^/]+\.process)\.ts$/.test(path))
    .sort();
}

describe('every process of the product', () => {
  it('is known', () => {
    expect(entryPoints()).toEqual([
      'cli.ts',
      'embedded-kurrentdb/cli.ts',
      'embedded-kurrentdb/storage/maintenance.process.ts',
      'main.ts',
      'uptime/probing/read-spool.process.ts',
    ]);
  });

  it.each(entryPoints())('%s sets the umask before anything else is loaded', (path) => {
    expect(readFileSync(join(SOURCE, path), 'utf8')).toMatch(FIRST_IMPORT);
  });

  it('is named like one: nothing else runs a file of its own', () => {
    const started = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts'))
      .flatMap((path) => [
        ...readFileSync(join(SOURCE, path), 'utf8').matchAll(
          /'(?:\.\/)?(?:[\w-]+\/)*([\w-]+\.(?:process|worker)\.js)'/g,
        ),
      ])
      .map(([, file]) => file);
    expect(new Set(started)).toEqual(new Set(['maintenance.process.js', 'read-spool.process.js', 'server.worker.js']));
  });
});
