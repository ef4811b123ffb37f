import { expect, it } from 'vitest';
import { sealed, unsealed } from './checksum.ts';
import { accepted, FakeStore } from './journal-fixture.ts';
import { entryKey, META_KEY } from './journal-keys.ts';
import { encodeEntry } from './journal-record.ts';
import { recover } from './recovery.ts';

const OPTIONS = { markedCommits: 7, maxOutcomes: 100, restore: () => true, nowMs: 0 };

function storeWith(numbers: readonly number[], commits: number): FakeStore {
  const store = new FakeStore();
  const meta = { commits, next: Math.max(...numbers) + 1, first: 1, bytes: 0, ended: false };
  store.texts.set(META_KEY, JSON.stringify(meta));
  for (const number of numbers) {
    const finished = { outcome: { ok: true, data: {} }, finishedAtMs: 0 } as const;
    store.texts.set(entryKey(number), encodeEntry(accepted({ id: `c${number}` }), 0, finished));
  }
  return store;
}

it('[S39] notices writes that are gone from the end, by the mark beside the store', async () => {
  const { counts, meta } = await recover(storeWith([1, 2], 4), OPTIONS);
  expect(counts).toMatchObject({ missingWrites: 3, outcomes: 2, previousRun: 'interrupted' });
  expect(meta.commits).toBe(8);
});

it('[S39] notices entries that are gone from the middle, and such as are damaged', async () => {
  const store = storeWith([1, 2, 5, 6], 7);
  store.texts.set(entryKey(2), '{"half');
  expect((await recover(store, OPTIONS)).counts).toMatchObject({ missingWrites: 2, damagedRecords: 1, outcomes: 3 });
});

it('finds a flipped bit in what was sealed', () => {
  const stored = sealed('{"name":"ü"}');
  expect(unsealed(stored)).toBe('{"name":"ü"}');
  expect(unsealed(stored.replace('name', 'nbme'))).toBeUndefined();
  expect(unsealed(sealed(''))).toBe('');
});
