import { expect, it } from 'vitest';
import { endOfText } from './end-of-text.ts';

it.each([
  ['', 4, '', false],
  ['abcd', 4, 'abcd', false],
  ['abcde', 4, 'bcde', true],
  ['äöü', 6, 'äöü', false],
  ['äöü', 5, 'öü', true],
  ['a😀b', 5, '😀b', true],
  ['a😀b', 4, 'b', true],
  ['äöü', 0, '', true],
])('of %j, %i bytes are %j', (text, maxBytes, end, truncated) => {
  expect(endOfText(text, maxBytes)).toEqual({ text: end, truncated });
});
