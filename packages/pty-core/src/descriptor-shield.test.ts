import { closeSync, openSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { descriptorsOf } from '../test/descriptors.ts';
import { DescriptorShield } from './descriptor-shield.ts';

const held: number[] = [];
afterEach(() => {
  for (const fd of held.splice(0)) closeSync(fd);
});

/** Masters of terminals with a gap before the last one; opening `/dev/ptmx` makes one. */
function mastersWithGap(): { gap: number; last: number } {
  const [, gap, last] = Array.from({ length: 3 }, () => openSync('/dev/ptmx', 'r+')) as [number, number, number];
  closeSync(gap);
  held.push(gap - 1, last);
  return { gap, last };
}

test('during the fork every number below the highest master is taken, and the next one is above', () => {
  const shield = new DescriptorShield();
  const before = new Set(descriptorsOf('self').keys());
  const { gap, last } = mastersWithGap();
  shield.during(() => {
    const taken = descriptorsOf('self');
    for (let fd = 0; fd <= last; fd++) expect(taken.has(fd)).toBe(true);
    expect(taken.get(gap)).toBe('/dev/null');
    const next = openSync('/dev/null', 'r');
    expect(next).toBeGreaterThan(last);
    closeSync(next);
  });
  for (const fd of held.splice(0)) closeSync(fd);
  expect(new Set(descriptorsOf('self').keys())).toEqual(before);
});

test('a fork that throws leaves nothing open', () => {
  const shield = new DescriptorShield();
  mastersWithGap();
  const before = descriptorsOf('self');
  const failing = () =>
    shield.during(() => {
      throw new Error('no more processes');
    });
  expect(failing).toThrow('no more processes');
  expect(descriptorsOf('self')).toEqual(before);
});

test('the answer of the fork is passed on', () => {
  expect(new DescriptorShield().during(() => 42)).toBe(42);
});
