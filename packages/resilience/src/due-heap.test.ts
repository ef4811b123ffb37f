import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Due, DueHeap } from './due-heap.ts';

it('DueHeap has the item first that is due first, over random changes', () => {
  const change = fc.tuple(fc.nat({ max: 9 }), fc.option(fc.nat({ max: 20 }), { nil: undefined }));
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const heap = new DueHeap<Due>();
      const items = Array.from({ length: 10 }, (): Due => ({ dueAt: Number.NaN, place: -1 }));
      const naive = new Map<Due, number>();
      for (const [which, dueAt] of changes) {
        const item = items[which]!;
        if (dueAt === undefined) {
          heap.remove(item);
          naive.delete(item);
        } else {
          heap.set(item, dueAt);
          naive.set(item, dueAt);
        }
        expect(heap.first?.dueAt).toBe(naive.size === 0 ? undefined : Math.min(...naive.values()));
        expect(items.map(({ place }) => place >= 0)).toEqual(items.map((one) => naive.has(one)));
      }
    }),
  );
});
