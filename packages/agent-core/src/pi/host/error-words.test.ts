import { expect, it } from 'vitest';
import { errorWords } from './error-words.ts';

it('tells the words of an error, or that there are none', () => {
  expect(errorWords(new Error('500 it broke'))).toBe('500 it broke');
  expect(errorWords('text')).toBe('text');
  expect([errorWords(''), errorWords(undefined), errorWords({}), errorWords(new Error())]).toEqual(
    Array(4).fill('it does not say why'),
  );
});

it('tells no page of them, and no key', () => {
  expect(errorWords('word '.repeat(100_000))).toHaveLength(2_000);
  expect(errorWords('401 Incorrect API key provided: sk-proj-abcdefghij123456, look it up')).toBe(
    '401 Incorrect API key provided: [hidden], look it up',
  );
});
