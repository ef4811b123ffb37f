import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecentKeys } from './recent-keys.ts';

/** Keys that were removed one after the other, the oldest first. */
function drained(keys: RecentKeys): string[] {
  const order: string[] = [];
  for (let row = keys.oldest; row !== undefined; row = keys.oldest) order.push(keys.remove(row));
  return order;
}

describe('recent keys', () => {
  it('are in the order in which they were added or touched', () => {
    const keys = new RecentKeys();
    expect(keys.oldest).toBeUndefined();
    for (const [index, key] of ['a', 'b', 'c', 'd'].entries()) keys.add(key, index + 1);
    keys.touch(1);
    keys.touch(3);
    keys.touch(3);
    expect(drained(keys)).toEqual(['b', 'd', 'a', 'c']);
    expect(keys.size).toBe(0);
  });

  it('leave from any place, and leave their rows to others', () => {
    const keys = new RecentKeys();
    for (const [index, key] of ['a', 'b', 'c'].entries()) keys.add(key, index + 1);
    expect(keys.remove(2)).toBe('b');
    expect(keys.row('b')).toBeUndefined();
    keys.add('d', 2);
    expect(keys.row('d')).toBe(2);
    expect(drained(keys)).toEqual(['a', 'c', 'd']);
  });

  it('are what a list would be, over random uses', () => {
    const step = fc.record({ row: fc.integer({ min: 1, max: 6 }), use: fc.constantFrom('use', 'remove') });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const keys = new RecentKeys();
        let list: number[] = [];
        for (const { row, use } of steps) {
          const key = `key ${row}`;
          const isPresent = list.includes(row);
          expect(keys.row(key)).toBe(isPresent ? row : undefined);
          list = list.filter((other) => other !== row);
          if (use === 'use') {
            if (isPresent) keys.touch(row);
            else keys.add(key, row);
            list.push(row);
          } else if (isPresent) {
            expect(keys.remove(row)).toBe(key);
          }
          expect(keys.size).toBe(list.length);
          expect(keys.oldest).toBe(list[0]);
        }
        expect(drained(keys)).toEqual(list.map((row) => `key ${row}`));
      }),
    );
  });
});
