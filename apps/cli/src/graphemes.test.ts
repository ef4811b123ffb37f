import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { graphemesOf } from './graphemes.ts';

const SEGMENTER = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** What the platform makes of the whole text. */
function whole(text: string): string[] {
  return Array.from(SEGMENTER.segment(text), ({ segment }) => segment);
}

describe('graphemes', () => {
  it.each([
    ['', []],
    ['ab', ['a', 'b']],
    ['a\nb', ['a', '\n', 'b']],
    ['a\r\n', ['a', '\r\n']],
    ['e\u0301', ['e\u0301']],
    ['🇩🇪🇫🇷', ['🇩🇪', '🇫🇷']],
    ['👩‍👩‍👧‍👦!', ['👩‍👩‍👧‍👦', '!']],
  ])('of %j are %j', (text, expected) => {
    expect([...graphemesOf(text)]).toEqual(expected);
  });

  it('are those of the whole text, wherever it is cut into pieces', () => {
    const part = fc.constantFrom(
      ...['a', '\n', '\r\n', '\r', 'é', 'e\u0301', '\u0301', '世', '한', '\u1112\u1161\u11ab', '\u1112', '\u1161'],
      ...[
        '🦄',
        '👩‍👩‍👧‍👦',
        '👩',
        '\u200d',
        '👍🏽',
        '🏽',
        '🇩🇪',
        '🇩',
        '\u{1d165}',
        '\ud83e',
        '\udd84',
        'क्षि',
        '\u0600',
        ' ',
      ],
    );
    const long = fc.tuple(part, fc.integer({ min: 0, max: 600 })).map(([text, times]) => text.repeat(times));
    const text = fc.array(fc.oneof(part, long), { maxLength: 60 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (any) => {
        expect([...graphemesOf(any)]).toEqual(whole(any));
      }),
    );
  });

  it('of a long text are found in short pieces of it, a little more than once each', () => {
    const text = '世界é🦄'.repeat(20_000);
    let longest = 0;
    let split = 0;
    const found = graphemesOf(text, (piece) => {
      longest = Math.max(longest, piece.length);
      split += piece.length;
      return whole(piece);
    });
    expect([...found].join('')).toBe(text);
    expect(longest).toBeLessThanOrEqual(257);
    expect(split).toBeLessThan(1.1 * text.length);
  });
});
