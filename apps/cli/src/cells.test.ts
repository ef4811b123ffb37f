import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cellWidth, cutToCells, fitToCells } from './cells.ts';

it.each([
  ['', 0],
  ['plain text', 10],
  ['größer', 6],
  ['e\u0301', 1],
  ['端末', 4],
  ['한글', 4],
  ['ｶﾅ', 2],
  ['🚀', 2],
  ['👩‍👩‍👧', 2],
  ['❤️', 2],
  ['→', 1],
  ['\u200b', 0],
])('%j takes %d cells', (text, width) => {
  expect(cellWidth(text)).toBe(width);
});

it.each([
  ['abcdef', 6, 'abcdef'],
  ['abcdef', 5, 'abcd…'],
  ['abcdef', 1, '…'],
  ['abcdef', 0, ''],
  ['端末端末', 8, '端末端末'],
  ['端末端末', 7, '端末端…'],
  ['端末端末', 6, '端末…'],
  ['aé端', 4, 'aé端'],
  ['aé端', 3, 'aé…'],
])('%j cut to %d cells is %j', (text, width, cut) => {
  expect(cutToCells(text, width)).toBe(cut);
});

it('fills up on the side it is told', () => {
  expect(fitToCells('端', 4)).toBe('端  ');
  expect(fitToCells('12', 4, 'right')).toBe('  12');
});

it('makes any printable text exactly as wide as asked for, but for half of a wide letter', () => {
  const text = fc.stringMatching(/^[a-zé端🚀한 ]{0,30}$/u);
  fc.assert(
    fc.property(text, fc.integer({ min: 0, max: 40 }), (any, width) => {
      expect(cellWidth(cutToCells(any, width))).toBeLessThanOrEqual(width);
      expect(cellWidth(fitToCells(any, width))).toBe(width);
      if (cellWidth(any) <= width) expect(cutToCells(any, width)).toBe(any);
    }),
  );
});
