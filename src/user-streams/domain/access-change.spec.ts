import { type StreamMetadata } from '../../event-store/domain/index.js';
import { type AccessChange, mergeAccessChanges, withAccessChange } from './access-change.js';
import { initialStream, type UserStream } from './user-stream.js';

const permissionsFor = (...read: string[]): NonNullable<AccessChange['metadata']> => ({
  revision: 3,
  metadata: { permissions: { read, write: ['alice'], admin: ['alice'] } },
});

describe('a change of access that the tables may not have', () => {
  const row: UserStream = {
    ...initialStream('user-alice-profile', 0),
    permissions: { read: ['alice', 'bob'], write: ['alice'], admin: ['alice'] },
    revision: 5,
    events: 6,
    metadataRevision: 2,
  };

  it('replaces earlier permissions', () => {
    expect(withAccessChange(row, { metadata: permissionsFor('alice') })).toMatchObject({
      permissions: { read: ['alice'] },
      metadataRevision: 3,
      revision: 5,
    });
  });

  it('closes a stream whose new permissions cannot be read', () => {
    const metadata = { permissions: { read: '*' } } as unknown as StreamMetadata;
    expect(withAccessChange(row, { metadata: { revision: 3, metadata } }).permissions.read).toEqual(['alice']);
  });

  it.each([3, 4])('does not replace permissions of revision %i', (metadataRevision) => {
    const newer = { ...row, metadataRevision };
    expect(withAccessChange(newer, { metadata: permissionsFor('alice') })).toBe(newer);
  });

  it('deletes and restores, unless the tables have a later event', () => {
    const deleted = withAccessChange(row, { deletion: { revision: 6, at: 7, isDeleted: true } });
    expect(deleted).toEqual({ ...row, deletedAt: 7 });
    expect(withAccessChange(deleted, { deletion: { revision: 7, at: 8, isDeleted: false } })).toEqual(row);
    expect(withAccessChange(row, { deletion: { revision: 5, at: 7, isDeleted: true } })).toBe(row);
  });

  it('keeps the later one of two parts, in whichever order they arrive', () => {
    const [first, second] = [
      { deletion: { revision: 6, at: 7, isDeleted: true } },
      { deletion: { revision: 7, at: 8, isDeleted: false }, metadata: permissionsFor('alice') },
    ];
    expect(mergeAccessChanges(first, second)).toEqual(second);
    expect(mergeAccessChanges(second, first)).toEqual(second);
    expect(mergeAccessChanges({}, first)).toEqual(first);
  });
});
