import { expect, it } from 'vitest';
import { KeptEntries } from './kept-entries.ts';

it('counts what is added and what goes', () => {
  const kept = new KeptEntries({ first: 3, next: 5, bytes: 20 });
  expect([kept.takeNumber(), kept.takeNumber()]).toEqual([5, 6]);
  kept.grow(10);
  kept.remove({ keys: [], passed: [], first: 4, bytes: 12 });
  expect(kept.snapshot()).toEqual({ first: 4, next: 7, bytes: 18 });
});

it('gives a snapshot that later changes leave as it was', () => {
  const kept = new KeptEntries({ first: 3, next: 5, bytes: 20 });
  const before = kept.snapshot();
  kept.takeNumber();
  kept.grow(1);
  expect(before).toEqual({ first: 3, next: 5, bytes: 20 });
});

it('takes back what the last batch has changed, and never a number', () => {
  const kept = new KeptEntries({ first: 3, next: 5, bytes: 20 });
  kept.beginBatch();
  kept.grow(10);
  kept.beginBatch();
  kept.takeNumber();
  kept.grow(7);
  kept.remove({ keys: [], passed: [], first: 5, bytes: 25 });
  kept.takeBack();
  expect(kept.snapshot()).toEqual({ first: 3, next: 6, bytes: 30 });
  kept.takeBack();
  expect(kept.snapshot()).toEqual({ first: 3, next: 6, bytes: 30 });
});
