import { TextSearch } from './text-search.js';

function findsIn(text: string, ...pieces: string[]): boolean[] {
  const search = new TextSearch(text);
  return pieces.map((piece) => search.finds(Buffer.from(piece, 'latin1')));
}

describe('looking for a text in pieces', () => {
  it('finds it within one piece, across several, and at their edges', () => {
    expect(findsIn('pong', 'ping pong')).toEqual([true]);
    expect(findsIn('pong', 'po', 'n', 'g')).toEqual([false, false, true]);
    expect(findsIn('pong', 'ppo', 'pong')).toEqual([false, true]);
    expect(findsIn('g', 'pon', 'g')).toEqual([false, true]);
  });

  it('does not find what is not there, nor what has a gap', () => {
    expect(findsIn('pong', 'po', 'xx', 'ng')).toEqual([false, false, false]);
  });

  it('finds letters of several bytes that are cut in two', () => {
    expect(findsIn('ä', '\xc3', '\xa4')).toEqual([false, true]);
  });
});
