import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedMap, type EvictionReason } from './bounded-map.ts';

interface Value {
  keepUntil: number;
}

function make(maxEntries: number, idleMs?: number) {
  const evicted: [string, EvictionReason][] = [];
  const map = new BoundedMap<string, Value>({
    maxEntries,
    ...(idleMs === undefined ? {} : { idleMs }),
    keepUntil: (value) => value.keepUntil,
    onEvicted: (key, _value, reason) => evicted.push([key, reason]),
  });
  const add = (key: string, now: number, keepUntil = Number.NEGATIVE_INFINITY) => map.add(key, { keepUntil }, now);
  return { map, evicted, add };
}

describe('BoundedMap', () => {
  it('evicts the least recently used entry when it is full', () => {
    const { map, evicted, add } = make(2);
    add('a', 1);
    add('b', 2);
    map.get('a', 3);
    map.peek('b');
    add('c', 4);
    expect(evicted).toEqual([['b', 'full']]);
    expect([...map.entries()].map(([key]) => key)).toEqual(['a', 'c']);
  });

  it('compares entries that may always go with those whose time has come', () => {
    const { evicted, add } = make(2);
    add('older', 1, 10);
    add('newer', 2);
    add('x', 10);
    expect(evicted).toEqual([['older', 'full']]);
    const other = make(2);
    other.add('older', 1);
    other.add('newer', 2, 10);
    other.add('x', 10);
    expect(other.evicted).toEqual([['older', 'full']]);
  });

  it('does not evict what must be kept, and says so when nothing else is there', () => {
    const { map, evicted, add } = make(2);
    add('a', 1, Number.POSITIVE_INFINITY);
    add('b', 2, 100);
    expect(add('c', 99)).toBeUndefined();
    expect(map.snapshot()).toEqual({ entries: 2, maxEntries: 2, evictedIdle: 0, evictedFull: 0, refused: 1 });
    expect(add('c', 100)).toBeDefined();
    expect(evicted).toEqual([['b', 'full']]);
  });

  it('lets go whose time has come, however much longer one that was used before it is kept', () => {
    const { map, evicted, add } = make(3);
    add('long', 1, 1_000);
    add('short', 2, 10);
    const longer = add('longer', 3, 10)!;
    longer.value.keepUntil = 500;
    map.touch(longer, 4);
    add('x', 10, 2_000);
    expect(add('y', 499, 2_000)).toBeUndefined();
    add('y', 500, 2_000);
    add('z', 1_000, 2_000);
    expect(evicted.map(([key]) => key)).toEqual(['short', 'longer', 'long']);
  });

  it('lets an entry go again when it was touched after its change', () => {
    const { map, evicted, add } = make(1);
    const entry = add('a', 1, Number.POSITIVE_INFINITY)!;
    expect(add('b', 2)).toBeUndefined();
    entry.value.keepUntil = 3;
    map.touch(entry, 3);
    add('b', 4);
    expect(evicted).toEqual([['a', 'full']]);
  });

  it('finds the one entry that may go behind any number of kept ones, and looks at each of those once', () => {
    let asked = 0;
    const map = new BoundedMap<number, Value>({
      maxEntries: 1_000,
      keepUntil: (value) => {
        asked++;
        return value.keepUntil;
      },
    });
    const values = Array.from({ length: 1_000 }, () => ({ keepUntil: Number.NEGATIVE_INFINITY }));
    for (const [key, value] of values.entries()) map.add(key, value, key);
    for (const value of values.slice(0, -1)) value.keepUntil = Number.POSITIVE_INFINITY;
    asked = 0;
    expect(map.add(1_000, { keepUntil: Number.POSITIVE_INFINITY }, 2_000)).toBeDefined();
    expect(map.peek(999)).toBeUndefined();
    expect(asked).toBeLessThan(2_100);
    asked = 0;
    for (let key = 2_000; key < 2_100; key++) expect(map.add(key, values[0]!, 2_000)).toBeUndefined();
    expect(asked).toBe(0);
  });

  it('evicts entries idle for longer than idleMs, two per access', () => {
    const { map, evicted, add } = make(10, 100);
    for (const key of ['a', 'b', 'c']) add(key, 0);
    add('kept', 0, Number.POSITIVE_INFINITY);
    map.get('kept', 100);
    expect(evicted).toEqual([]);
    map.get('kept', 101);
    expect(evicted).toEqual([
      ['a', 'idle'],
      ['b', 'idle'],
    ]);
    map.get('kept', 101);
    expect(evicted).toHaveLength(3);
    expect(map.snapshot()).toMatchObject({ entries: 1, evictedIdle: 3 });
  });

  it('does not let an earlier time move anything', () => {
    const { map, evicted, add } = make(2, 100);
    add('a', 1_000);
    map.get('a', 0);
    add('b', 1_050);
    expect(evicted).toEqual([]);
  });

  it('gives a key another value, without a second entry', () => {
    const { map, add } = make(1);
    add('a', 1);
    map.add('a', { keepUntil: 7 }, 2);
    expect(map.size).toBe(1);
    expect(map.get('a')).toEqual({ keepUntil: 7 });
  });

  it('deletes also what must be kept; its entry is harmless afterwards', () => {
    const { map, evicted, add } = make(1);
    const entry = add('a', 1, Number.POSITIVE_INFINITY)!;
    expect([map.delete('a'), map.delete('a')]).toEqual([true, false]);
    map.touch(entry, 2);
    add('b', 3);
    expect(map.get('a')).toBeUndefined();
    expect(map.size).toBe(1);
    expect(evicted).toEqual([]);
  });

  it('may be used by the function that is told of an eviction', () => {
    const map: BoundedMap<string, number> = new BoundedMap({
      maxEntries: 1,
      onEvicted: (key) => map.add(`after ${key}`, 0),
    });
    map.add('a', 1);
    for (let round = 0; round < 3; round++) expect(map.delete('none')).toBe(false);
    expect(map.size).toBe(1);
  });

  it('without times and reasons to keep, is a plain least-recently-used map', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.tuple(fc.boolean(), fc.nat({ max: 8 }))),
        (max, steps) => {
          const map = new BoundedMap<number, number>({ maxEntries: max });
          let naive: number[] = [];
          for (const [adds, key] of steps) {
            if (adds) map.add(key, key);
            const present = naive.includes(key);
            expect(map.get(key)).toBe(adds || present ? key : undefined);
            if (adds || present) naive = [...naive.filter((other) => other !== key), key].slice(-max);
          }
          expect([...map.entries()].map(([key]) => key).sort()).toEqual([...naive].sort());
        },
      ),
    );
  });

  it.each([
    [{ maxEntries: 0 }, 'Cannot create map: maxEntries is 0, allowed are integers of at least 1'],
    [{ maxEntries: 1, idleMs: -1 }, 'Cannot create map: idleMs is -1, allowed are numbers of at least 0'],
  ])('refuses %o', (options, message) => {
    expect(() => new BoundedMap(options)).toThrow(message);
  });
});
