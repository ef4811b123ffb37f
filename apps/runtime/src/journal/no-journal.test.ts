import { expect, it } from 'vitest';
import { NoJournal } from './no-journal.ts';

it('lets nobody wait and numbers its entries', () => {
  const journal = new NoJournal();
  const [first, second] = [journal.accept(), journal.accept()];
  expect([first.number, second.number]).toEqual([1, 2]);
  expect(first.durable).toBeUndefined();
  expect(first.finish({ outcome: { ok: true, data: {} }, finishedAtMs: 1 })).toBeUndefined();
});
