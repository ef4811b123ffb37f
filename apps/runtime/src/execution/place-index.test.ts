import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PlaceIndex } from './place-index.ts';

it('finds every place of a hash, and none of another, whatever comes and goes', () => {
  // Few hashes, so that they collide in every way: the same, and neighbours in the same table.
  const hash = fc.oneof(
    fc.nat(5),
    fc.nat(3).map((at) => 15 + 16 * at),
  );
  const step = fc.record({ add: fc.boolean(), hash, place: fc.nat(40) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const index = new PlaceIndex();
      const model = new Map<number, number>();
      for (const { add, hash, place } of steps) {
        if (add && !model.has(place)) {
          index.add(hash, place);
          model.set(place, hash);
        } else if (!add) {
          expect(index.remove(hash, place)).toBe(model.get(place) === hash);
          if (model.get(place) === hash) model.delete(place);
        }
        expect(index.size).toBe(model.size);
        for (const [known, its] of model) expect(index.find(its, (found) => found === known)).toBe(known);
        expect(index.find(hash, (found) => model.get(found) !== hash)).toBeUndefined();
      }
    }),
  );
});

it('holds the largest place and hash there are', () => {
  const index = new PlaceIndex();
  index.add(2 ** 32 - 1, 2 ** 32 - 2);
  expect(index.find(2 ** 32 - 1, () => true)).toBe(2 ** 32 - 2);
  expect(index.remove(2 ** 32 - 1, 2 ** 32 - 2)).toBe(true);
  expect(index.find(2 ** 32 - 1, () => true)).toBeUndefined();
});
