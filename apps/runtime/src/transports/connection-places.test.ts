import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ConnectionPlaces } from './connection-places.ts';

it('keeps some places free for others, whatever one principal does', () => {
  const places = new ConnectionPlaces({ maxConnections: 10, connectionSharePercent: 90 });
  const answers = Array.from({ length: 12 }, () => places.take('ada'));
  expect(answers.map(({ ok }) => ok)).toEqual([...Array(9).fill(true), false, false, false]);
  expect(answers.at(-1)).toEqual({ ok: false, reason: 'share' });
  expect(places.take('bob').ok).toBe(true);
  expect(places.take('bob')).toEqual({ ok: false, reason: 'limit' });
});

it('gives a place back once, however often its holder leaves', () => {
  const places = new ConnectionPlaces({ maxConnections: 2, connectionSharePercent: 100 });
  const [first] = [places.take('ada'), places.take('ada')];
  if (!first.ok) throw new Error('there is room');
  first.leave();
  first.leave();
  expect(places.snapshot()).toEqual({ taken: 1, principals: 1 });
});

it('agrees with a plain list of who holds what', () => {
  const step = fc.record({ who: fc.constantFrom('ada', 'bob', 'eve'), leaves: fc.boolean() });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 100 }),
      fc.array(step),
      (max, percent, steps) => {
        const places = new ConnectionPlaces({ maxConnections: max, connectionSharePercent: percent });
        const held: { who: string; leave: () => void }[] = [];
        for (const { who, leaves } of steps) {
          const index = held.findIndex((each) => each.who === who);
          if (leaves) {
            if (index >= 0) held.splice(index, 1)[0]!.leave();
          } else {
            const own = held.filter((each) => each.who === who).length;
            const place = places.take(who);
            expect(place.ok).toBe(held.length < max && own * 100 < max * percent);
            if (place.ok) held.push({ who, leave: place.leave });
          }
          expect(places.snapshot()).toEqual({
            taken: held.length,
            principals: new Set(held.map((each) => each.who)).size,
          });
        }
      },
    ),
  );
});
