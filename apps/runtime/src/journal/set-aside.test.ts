import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { setAside } from './set-aside.ts';

it('renames ten times at most, and overwrites nothing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sessiond-aside-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'journal');
  const now = new Date('2026-01-31T12:00:00.000Z');
  const names = Array.from({ length: 10 }, (_, index) => {
    mkdirSync(join(path, String(index)), { recursive: true });
    return setAside(path, now);
  });
  expect(names.slice(0, 2)).toEqual(['journal.corrupt-20260131T120000Z', 'journal.corrupt-20260131T120000Z-2']);
  for (const [index, name] of names.entries()) expect(readdirSync(join(folder, name))).toEqual([String(index)]);
  mkdirSync(path);
  expect(() => setAside(path, now)).toThrow(/10 such lie beside it already/);
  expect(readdirSync(folder)).toContain('journal');
});
