import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadConfig, variables } from '../../src/config/index.js';

const root = resolve(__dirname, '../..');
const example = readFileSync(resolve(root, '.env.example'), 'utf8');

/** `# description` above `NAME=value`, or `# NAME=` for a variable without default. */
const documented = [...example.matchAll(/^# (.+)\n(?:# )?([A-Z_]+)=(.*)$/gm)].map(
  ([, description = '', name = '', value = '']) => ({ name, description, value }),
);

describe('.env.example', () => {
  it('documents every variable with its description and default, and no other', () => {
    expect(documented).toEqual(
      Object.entries(variables).map(([name, variable]) => ({
        name,
        description: variable.description,
        value: 'default' in variable ? variable.default : '',
      })),
    );
  });

  it('is a valid configuration', () => {
    const environment = Object.fromEntries(documented.map(({ name, value }) => [name, value]));
    expect(loadConfig(environment)).toEqual(loadConfig({}));
  });
});
