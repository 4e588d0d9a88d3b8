import { TextSearch } from './text-search.js';

function matches(text: string, ...chunks: string[]): boolean[] {
  const search = new TextSearch(text);
  return chunks.map((chunk) => search.push(Buffer.from(chunk, 'latin1')));
}

describe('TextSearch', () => {
  it('matches within a chunk, across chunks and at their boundaries', () => {
    expect(matches('pong', 'ping pong')).toEqual([true]);
    expect(matches('pong', 'po', 'n', 'g')).toEqual([false, false, true]);
    expect(matches('pong', 'ppo', 'pong')).toEqual([false, true]);
    expect(matches('g', 'pon', 'g')).toEqual([false, true]);
  });

  it('does not match text with a gap', () => {
    expect(matches('pong', 'po', 'xx', 'ng')).toEqual([false, false, false]);
  });

  it('matches a character that is split between chunks', () => {
    expect(matches('ä', '\xc3', '\xa4')).toEqual([false, true]);
  });
});
