import type { IntervalHistogram } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { EventLoopWatch } from './event-loop.ts';

/** A histogram in which every tick took so many milliseconds. */
class FakeHistogram {
  count = 0;
  tickMs = 20;
  enabled = false;
  resets = 0;
  stddev = Number.NaN;

  get max(): number {
    return this.count === 0 ? 0 : this.tickMs * 1e6;
  }
  get mean(): number {
    return this.count === 0 ? Number.NaN : this.tickMs * 1e6;
  }
  percentile(): number {
    return this.max;
  }
  enable(): boolean {
    this.enabled = true;
    return true;
  }
  disable(): boolean {
    this.enabled = false;
    return true;
  }
  reset(): void {
    this.resets += 1;
    this.count = 0;
  }
}

function watched() {
  let now = 0;
  const histogram = new FakeHistogram();
  const watch = new EventLoopWatch({ now: () => now, histogram: histogram as unknown as IntervalHistogram });
  return {
    histogram,
    watch,
    at: (ms: number) => {
      now = ms;
      return watch.read();
    },
  };
}

it('tells how late ticks were, without the time between them', () => {
  const { histogram, at } = watched();
  expect(at(1).delay).toEqual({ max: 0, mean: 0, stddev: 0, p50: 0, p90: 0, p99: 0 });
  Object.assign(histogram, { count: 5, tickMs: 120, stddev: 3e6 });
  const late = expect.closeTo(0.1);
  expect(at(2).delay).toEqual({ max: late, mean: late, stddev: 0.003, p50: late, p90: late, p99: late });
});

it('tells the same to everybody until ten more seconds have passed, however often it is asked', () => {
  const { histogram, at } = watched();
  Object.assign(histogram, { count: 5, tickMs: 70 });
  expect(at(10_000).delay.p99).toBeCloseTo(0.05);
  expect(histogram.resets).toBe(1);
  Object.assign(histogram, { count: 5, tickMs: 220 });
  expect(at(15_000).delay.p99).toBeCloseTo(0.05);
  expect(at(19_999).delay.p99).toBeCloseTo(0.05);
  expect(at(20_000).delay.p99).toBeCloseTo(0.2);
  expect(at(20_001).delay.p99).toBeCloseTo(0.2);
  expect(histogram.resets).toBe(2);
});

it('stops its clock', () => {
  const { histogram, watch } = watched();
  expect(histogram.enabled).toBe(true);
  watch.close();
  watch.close();
  expect(histogram.enabled).toBe(false);
});

it('sees that the real event loop was blocked', async () => {
  const watch = new EventLoopWatch();
  try {
    await delay(60);
    for (const until = performance.now() + 150; performance.now() < until; );
    await delay(60);
    const { delay: late, utilization, activeSeconds, idleSeconds } = watch.read();
    expect(late.max).toBeGreaterThan(0.1);
    expect(late.p50).toBeLessThan(late.max);
    expect(utilization).toBeGreaterThan(0.3);
    expect(utilization).toBeLessThanOrEqual(1);
    expect(activeSeconds).toBeGreaterThan(0.1);
    expect(idleSeconds).toBeGreaterThan(0.05);
  } finally {
    watch.close();
  }
});
