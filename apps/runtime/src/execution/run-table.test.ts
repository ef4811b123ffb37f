import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HashedKey } from './hashed-key.ts';
import { type Listed, RunList } from './run-list.ts';
import { RunTable } from './run-table.ts';

it('finds what a map finds, also where many keys share a bucket', () => {
  // More keys than buckets, so that some must.
  const table = new RunTable<number>();
  const keys = Array.from({ length: 40_000 }, (_, at) => new HashedKey(`key ${at}`));
  for (const [at, key] of keys.entries()) table.set(key, at);
  for (const [at, key] of keys.entries()) if (at % 3 === 0) table.delete(key, at);
  for (const [at, key] of keys.entries()) expect(table.get(key)).toBe(at % 3 === 0 ? undefined : at);
});

it('lets go of an entry only with its value, and takes a later value in its place', () => {
  const table = new RunTable<string>();
  const key = new HashedKey('a');
  table.set(key, 'first');
  table.delete(key, 'second');
  expect(table.get(key)).toBe('first');
  table.set(key, 'second');
  table.delete(key, 'first');
  expect(table.get(key)).toBe('second');
  table.delete(key, 'second');
  expect(table.get(key)).toBeUndefined();
});

it('lists what a set lists, in the order of coming', () => {
  class Item implements Listed<Item> {
    next: Item | undefined;
    previous: Item | undefined;
  }
  fc.assert(
    fc.property(fc.array(fc.nat(9), { maxLength: 60 }), (steps) => {
      const items = Array.from({ length: 10 }, () => new Item());
      const list = new RunList<Item>();
      const model = new Set<Item>();
      for (const at of steps) {
        const item = items[at]!;
        if (model.delete(item)) list.delete(item);
        else {
          list.add(item);
          model.add(item);
        }
        expect(list.all().map((each) => items.indexOf(each))).toEqual([...model].map((each) => items.indexOf(each)));
        expect(list.size).toBe(model.size);
        expect(list.find((each) => each !== item)).toBe([...model].find((each) => each !== item));
      }
    }),
  );
});
