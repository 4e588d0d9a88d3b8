import { type AccessChange, initialStream, type UserStream } from '../domain/index.js';
import { AccessOverlay } from './access-overlay.js';

const NAME = 'user-alice-profile';
const ROW: UserStream = { ...initialStream(NAME, 0), revision: 5, events: 6, metadataRevision: 2 };

function permissionsAt(revision: number): AccessChange {
  return { metadata: { revision, metadata: { permissions: { read: ['bob'], write: ['alice'], admin: ['alice'] } } } };
}

describe('changes of access over the tables', () => {
  it('are in force until the tables have them', () => {
    const overlay = new AccessOverlay();
    overlay.put(NAME, permissionsAt(3), ROW);
    expect(overlay.applyTo(ROW).permissions.read).toEqual(['bob']);
    expect([...overlay.names()]).toEqual([NAME]);
  });

  it.each<[string, AccessChange]>([
    ['permissions', permissionsAt(2)],
    ['a deletion', { deletion: { revision: 5, at: 0, isDeleted: true } }],
  ])('are not kept if the tables had passed %s before the write was acknowledged', (_, change) => {
    const overlay = new AccessOverlay();
    overlay.put(NAME, change, ROW);
    expect([...overlay.names()]).toEqual([]);
  });
});
