import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const directory = resolve(__dirname, '../../docs/adr');
const records = readdirSync(directory)
  .filter((file) => /^\d{4}-.*\.md$/.test(file))
  .sort();

describe('docs/adr', () => {
  it('numbers its records from 1 without a gap, each title with the number of its file', () => {
    expect(records.map((file) => Number(file.slice(0, 4)))).toEqual(records.map((_, index) => index + 1));
    for (const file of records)
      expect(readFileSync(resolve(directory, file), 'utf8')).toMatch(new RegExp(`^# ${Number(file.slice(0, 4))}\\. `));
  });

  it('lists every record in README.md, with its title', () => {
    const listed = [...readFileSync(resolve(directory, 'README.md'), 'utf8').matchAll(/\| \[(.+)\]\((\S+)\) +\|/g)];
    expect(listed.map(([, , file]) => file)).toEqual(records);
    for (const [, title = '', file = ''] of listed)
      expect(readFileSync(resolve(directory, file), 'utf8').split('\n')[0]).toContain(title);
  });
});
