import { expect, it } from 'vitest';
import { changedLines } from './full-screen.ts';

it('writes lines that changed and no others', () => {
  expect(changedLines(['a', 'b', 'c'], ['a', 'x', 'c'])).toBe('\x1b[2;1Hx\x1b[K');
  expect(changedLines(['a', 'b'], ['a', 'b'])).toBe('');
  expect(changedLines(['long', 'b'], ['', 'b'])).toBe('\x1b[1;1H\x1b[K');
});

it('begins afresh when there are more or fewer lines', () => {
  expect(changedLines([], ['a', 'b'])).toBe('\x1b[2J\x1b[1;1Ha\x1b[K\x1b[2;1Hb\x1b[K');
  expect(changedLines(['a', 'b'], ['a'])).toBe('\x1b[2J\x1b[1;1Ha\x1b[K');
});
