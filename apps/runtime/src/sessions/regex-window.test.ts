import { expect, it } from 'vitest';
import { RegexWindow } from './regex-window.ts';

it('says where in bytes a match lies, also behind characters of several bytes and broken ones', () => {
  const window = new RegexWindow('done-(\\d+)');
  const bytes = Buffer.concat([Buffer.from('äöü€𝄞'), Buffer.from([0xff, 0xc3]), Buffer.from(' done-42!')]);
  expect(window.scan(bytes, 1_000)).toEqual({ from: 1_000 + 13 + 2 + 1, to: 1_000 + 13 + 2 + 8, text: 'done-42' });
});

it('finds what chunks split, within characters too', () => {
  const window = new RegexWindow('ready €');
  const bytes = Buffer.from('ready €');
  for (let at = 0; at < bytes.length - 1; at++) expect(window.scan(bytes.subarray(at, at + 1), at)).toBeUndefined();
  expect(window.scan(bytes.subarray(-1), bytes.length - 1)).toMatchObject({ from: 0, to: bytes.length });
});

it('finds nothing across missing bytes', () => {
  const window = new RegexWindow('ab');
  expect(window.scan(Buffer.from('a'), 0)).toBeUndefined();
  expect(window.scan(Buffer.from('b'), 5)).toBeUndefined();
});

it('does not take the place where it has forgotten the beginning for the beginning of a line', () => {
  const window = new RegexWindow('^x');
  window.scan(Buffer.alloc(70_000, 'y'), 0);
  expect(window.scan(Buffer.alloc(64 * 1024, 'x'), 70_000)).toBeUndefined();
  expect(window.scan(Buffer.from('x\nx'), 70_000 + 64 * 1024)).toMatchObject({ from: 70_000 + 64 * 1024 + 2 });
});
