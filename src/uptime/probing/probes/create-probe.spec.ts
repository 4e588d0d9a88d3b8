import { systemClock as clock } from '../../../common/clock.js';
import { systemNames as names } from '../../../common/network/name-resolver.js';
import { databaseTarget } from '../../domain/index.js';
import { type ProbeDependencies } from './create-probe.js';

const DRIVERS: Readonly<Record<string, string>> = {
  postgres: 'pg',
  mysql: 'mysql2',
  redis: 'redis',
  mongodb: 'mongodb',
};

const unused = (): never => {
  throw new Error('not for a database with a URL');
};
const dependencies: ProbeDependencies = {
  clock,
  names,
  random: (length) => 'a'.repeat(length),
  store: { testConnection: unused },
  ownEndpoint: unused,
  ownAuthorization: '',
};

describe('database drivers', () => {
  it('are loaded by the first probe that needs them', async () => {
    const loaded: string[] = [];
    for (const driver of Object.values(DRIVERS)) {
      jest.doMock(driver, () => {
        if (!loaded.includes(driver)) loaded.push(driver);
        return jest.requireActual<object>(driver);
      });
    }
    const { createProbe } = await import('./create-probe.js');
    expect(loaded).toEqual([]);
    for (const [scheme, driver] of Object.entries(DRIVERS)) {
      const probe = createProbe(databaseTarget(`${scheme}://127.0.0.1:1/`), 1_000, dependencies);
      expect(loaded).not.toContain(driver);
      expect(await probe.probe(new AbortController().signal)).toMatchObject({
        error: 'connection refused by 127.0.0.1:1',
      });
      expect(loaded.at(-1)).toBe(driver);
    }
    expect(loaded).toEqual(Object.values(DRIVERS));
  });
});
