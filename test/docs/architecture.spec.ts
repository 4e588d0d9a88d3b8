import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(__dirname, '../..');
const page = readFileSync(resolve(root, 'docs/architecture.md'), 'utf8');
const section = (title: string): string => page.split(/^## /m).find((part) => part.startsWith(title)) ?? '';

describe('docs/architecture.md', () => {
  it.each(['docs/architecture.md', 'CONTRIBUTING.md'])('names only files that exist: %s', (document) => {
    const text = readFileSync(resolve(root, document), 'utf8');
    const files = [...text.matchAll(/`((?:src|test|docs)\/[\w./-]+\.\w+)`/g)].map(([, file = '']) => file);
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter((file) => !existsSync(resolve(root, file)))).toEqual([]);
  });

  it('answers at least 25 questions, each with one file', () => {
    const rows = section('Where is it decided?').match(/^\| [^|]+\? +\| `src\/[^`]+\.ts` +\|$/gm) ?? [];
    expect(rows.length).toBeGreaterThanOrEqual(25);
  });

  it('names every rule of dependency-cruiser, and no other', () => {
    const configured = [
      ...readFileSync(resolve(root, 'test/config/dependency-cruiser.cjs'), 'utf8').matchAll(/name: '([\w-]+)'/g),
    ];
    const named = [...section('Invariants').matchAll(/^\| `([\w-]+)` +\|/gm)];
    expect(named.map(([, rule]) => rule).sort()).toEqual(configured.map(([, rule]) => rule).sort());
  });

  it('explains at least 30 terms, in alphabetical order', () => {
    const terms = [...section('Glossary').matchAll(/^\| ([a-z][\w /-]+?) +\|/gm)].map(([, term = '']) => term).slice(1);
    expect(terms.length).toBeGreaterThanOrEqual(30);
    expect(terms).toEqual([...terms].sort());
  });
});
