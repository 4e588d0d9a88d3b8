import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crashRound } from '../support/embedded-crash.js';
import { seededRandom } from '../support/seeded-random.js';

const ROUNDS = 50;
const random = seededRandom();

describe('the embedded server under kill -9', () => {
  it(
    `keeps all acknowledged events over ${ROUNDS} kills on one directory`,
    async () => {
      const directory = mkdtempSync(join(tmpdir(), 'embedded-crash-'));
      try {
        for (let round = 0; round < ROUNDS; round++)
          expect(await crashRound(directory, 20 + random() * 500)).toEqual([]);
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    },
    ROUNDS * 10_000,
  );
});
