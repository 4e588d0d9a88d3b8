import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const read = (file: string): string => readFileSync(resolve(__dirname, '../..', file), 'utf8');

interface LockedPackage {
  readonly hasInstallScript?: boolean;
}

describe('packages with install scripts', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, LockedPackage> };
  const { allowScripts } = JSON.parse(read('package.json')) as { allowScripts: Record<string, boolean> };

  it('are listed by name in package.json, and no others', () => {
    const names = Object.entries(packages)
      .filter(([, { hasInstallScript }]) => hasInstallScript === true)
      .map(([path]) => path.split('node_modules/').at(-1) ?? path);
    expect(Object.keys(allowScripts)).toEqual([...new Set(names)].sort());
    expect(names).toContain('@scarf/scarf');
  });

  it('may not run them, whatever the version of npm: each decision is a denial, and .npmrc denies all', () => {
    expect(Object.values(allowScripts).filter((isAllowed) => isAllowed)).toEqual([]);
    expect(read('.npmrc').split('\n')).toContain('ignore-scripts=true');
  });

  it('are not run in the image either, which gets this .npmrc before its packages', () => {
    const dockerfile = read('Dockerfile');
    expect(dockerfile.indexOf('.npmrc')).toBeLessThan(dockerfile.indexOf('npm ci'));
    expect(dockerfile).not.toContain('ignore-scripts=false');
  });

  it('do not include scripts of this package that npm would skip with them', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    expect(Object.keys(scripts).filter((name) => /^(pre|post)/.test(name))).toEqual([]);
  });
});
