import { describe, expect, test } from 'vitest';
import { Backpressure } from './backpressure.ts';

test('[B39] [T013] on at the threshold, off below a tenth less, and nothing in between', () => {
  const pressure = new Backpressure(1_000, 0.75);
  const changes = [0, 749, 750, 1_000, 740, 650, 649, 700, 749, 750, 650, 0].map((undelivered) =>
    pressure.update(undelivered) ? pressure.on : undefined,
  );
  const nothing = undefined;
  expect(changes).toEqual([
    ...[nothing, nothing, true, nothing, nothing, nothing, false],
    ...[nothing, nothing, true, nothing, false],
  ]);
});

test('releasing it tells whether there was any', () => {
  const pressure = new Backpressure(10, 1);
  expect(pressure.release()).toBe(false);
  pressure.update(10);
  expect(pressure.release()).toBe(true);
  expect(pressure.on).toBe(false);
});

test('a buffer without capacity is never under pressure', () => {
  expect(new Backpressure(0, 0.75).update(0)).toBe(false);
});

describe('a threshold out of range is refused', () => {
  for (const threshold of [0, 0.1, 1.01, -1, Number.NaN, '1' as unknown as number]) {
    test(`${threshold}`, () => {
      expect(() => new Backpressure(10, threshold)).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTION', option: 'backpressureThreshold' }),
      );
    });
  }
});
