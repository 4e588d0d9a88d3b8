import { initialMetadata, schemaVersionsOf } from './stream-metadata.js';
import { ownedBy } from './stream-access.js';

const NOW = '2026-01-01T12:00:00.000Z';

describe('the metadata of a stream', () => {
  it('begin with an empty object as data, and the MAJOR of the schema version as a number', () => {
    const stream = { name: 'user-alice-profile', description: 'Mine', permissions: ownedBy('alice') };
    expect(initialMetadata({ ...stream, owner: 'alice' }, NOW)).toEqual({
      ...stream,
      data: {},
      metadata: { createdAt: NOW, updatedAt: NOW, version: 1, schemaVersion: '1.0.0', tags: [], owner: 'alice' },
      status: 'active',
    });
  });

  it.each([
    [{ version: '1.0.0' }, 1, '1.0.0'],
    [{ version: '2.1.0-rc.1' }, 2, '2.1.0-rc.1'],
    [{ version: 3, schemaVersion: '3.2.1' }, 3, '3.2.1'],
    // The semantic version has more to say than a number that disagrees with it.
    [{ version: 1, schemaVersion: '2.0.0' }, 2, '2.0.0'],
    [{ version: 'first' }, 1, '1.0.0'],
    [{ version: 7 }, 1, '1.0.0'],
    [{}, 1, '1.0.0'],
  ])('have the versions of %p', (stored, version, schemaVersion) => {
    expect(schemaVersionsOf(stored)).toEqual({ version, schemaVersion });
  });
});
