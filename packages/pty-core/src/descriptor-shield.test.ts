import { closeSync, openSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { descriptorsOf } from '../test/descriptors.ts';
import { DescriptorShield } from './descriptor-shield.ts';

const held: number[] = [];
/** A child that has ended already, with all that it held; its master is above all others. */
const nobody = { pid: 2 ** 30, fd: 2 ** 30 };
const keep = (): never => {
  throw new Error('a child was discarded');
};
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
    return nobody;
  }, keep);
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
    }, keep);
  expect(failing).toThrow('no more processes');
  expect(descriptorsOf('self')).toEqual(before);
});

test('the answer of the fork is passed on', () => {
  expect(new DescriptorShield().during(() => nobody, keep)).toBe(nobody);
});

test('who gets a gap with a master behind it is discarded, and after eight of them nobody is forked any more', () => {
  const shield = new DescriptorShield();
  const files = Array.from({ length: 20 }, () => openSync('/dev/null', 'r'));
  held.push(...files, openSync('/dev/ptmx', 'r+'));
  // What this process has open stands for what the child has: two gaps, of which looking itself fills one.
  const fork = () => {
    for (const fd of held.splice(17, 2)) closeSync(fd);
    return { ...nobody, pid: process.pid };
  };
  let discarded = 0;
  const discard = () => {
    discarded += 1;
    held.splice(17, 0, openSync('/dev/null', 'r'), openSync('/dev/null', 'r'));
  };
  expect(() => shield.during(fork, discard)).toThrow('have changed during each of 8 forks');
  expect(discarded).toBe(8);
});
