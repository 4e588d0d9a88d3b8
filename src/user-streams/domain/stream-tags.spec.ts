import { ownedBy, ValidationError } from '../../event-store/domain/index.js';
import { givenTags, MAX_TAGS, ownTags, streamTags, tagsOf } from './stream-tags.js';

const BOOKS = { type: 'offers', category: 'books' } as const;
const own = ownedBy('alice');
const open = { ...own, read: ['*'] };
const shown = (tags: readonly string[], permissions = own): readonly string[] =>
  tagsOf({ name: 'user-alice-offers-books', tags, permissions });

describe('the tags of a user stream', () => {
  it('are the standard ones, then those of its users', () => {
    expect(streamTags(BOOKS, own, ['sale'])).toEqual(['user', 'offers', 'books', 'private', 'sale']);
    expect(streamTags(BOOKS, open, [])).toEqual(['user', 'offers', 'books', 'public']);
  });

  it("that are standard are nobody's own, of either visibility", () => {
    expect(ownTags(BOOKS, ['public', 'sale', 'user', 'private', 'books', 'offers', 'loans'])).toEqual([
      'sale',
      'loans',
    ]);
  });

  it('of a caller are counted without the standard ones, so that an answer can be sent back', () => {
    const most = Array.from({ length: MAX_TAGS }, (_, n) => `t${n}`);
    expect(givenTags(BOOKS, streamTags(BOOKS, open, most))).toEqual(most);
    expect(() => givenTags(BOOKS, [...most, 'more'])).toThrow(ValidationError);
    expect(() => givenTags(BOOKS, [...most, 'more'])).toThrow('tags: must contain at most 32 tags of your own');
  });

  it('are shown as version 0.1.0 stored them, without standard ones', () => {
    for (const stored of [[], ['sale'], ['private'], ['a', 'b', 'c', 'private'], ['user', 'loans', 'books', 'private']])
      expect(shown(stored, open)).toEqual(stored);
  });

  it('are shown with the visibility of the permissions, which version 0.1.0 changes without them', () => {
    expect(shown(['user', 'offers', 'books', 'private', 'sale'], open)).toEqual([
      'user',
      'offers',
      'books',
      'public',
      'sale',
    ]);
    expect(shown(['user', 'offers', 'books', 'public'])).toEqual(['user', 'offers', 'books', 'private']);
  });
});
