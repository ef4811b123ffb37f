import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { CommitMark } from './commit-mark.ts';

it('says the last number that was written, and 0 for what is none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sessiond-mark-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'commits');
  const first = CommitMark.open(path);
  expect(first.read()).toBe(0);
  first.write(41);
  first.write(2 ** 40);
  first.close();
  const second = CommitMark.open(path);
  expect(second.read()).toBe(2 ** 40);
  second.close();
  writeFileSync(path, 'not a number!!');
  const third = CommitMark.open(path);
  expect(third.read()).toBe(0);
  third.close();
});
