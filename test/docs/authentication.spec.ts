import { variables } from '../../src/config/index.js';
import { outputOf } from '../support/command-line.js';
import { makeDataDir, removeDataDir } from '../support/service-process.js';
import { readDocument } from './curl-samples.js';

const document = readDocument('docs/authentication.md');

/** Commands, each with the output shown below it. */
const samples = [...document.matchAll(/```sh\nnpm run -s (\w+) -- ([^\n]+)\n```\n+```text\n(.*?)\n```/gs)].map(
  ([, script = '', args = '', output = '']) => ({
    args: [...(script === 'token' ? ['token'] : []), ...args.split(' ')],
    output,
  }),
);

/** An output with placeholders for its tokens, keys, ids and timestamps. */
function shapeOf(output: string): string {
  return output
    .replace(/eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/g, 'TOKEN')
    .replace(/pps_[0-9a-z]{12}_[\w-]{43}/g, 'KEY')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'INSTANT')
    .replace(/\([0-9a-z]{12}\)/g, '(ID)')
    .replace(/^(\S+ +)[0-9a-z]{12}(?= )/gm, '$1ID');
}

describe('docs/authentication.md', () => {
  it('shows what its commands print, one after the other', async () => {
    const dataDir = makeDataDir();
    try {
      expect(samples).toHaveLength(5);
      for (const { args, output } of samples)
        expect(shapeOf(await outputOf({ DATA_DIR: dataDir }, ...args))).toBe(shapeOf(output));
    } finally {
      removeDataDir(dataDir);
    }
  }, 60_000);

  it('names every setting of authentication', () => {
    for (const name of Object.keys(variables).filter((variable) => variable.startsWith('AUTH_')))
      expect(document).toContain(`\`${name}`);
  });
});
