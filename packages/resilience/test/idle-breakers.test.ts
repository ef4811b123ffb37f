import { Breaker, HybridBreaker, KeyedBreaker } from '@sessiond/resilience';
import { expect, it } from 'vitest';

it('[R11] 10,000 idle breakers leave nothing behind that could wake the process', () => {
  const before = process.getActiveResourcesInfo().sort();
  const keyed = new KeyedBreaker({ failures: 1, slowMs: 1_000 });
  const hybrid = new HybridBreaker({ session: { failures: 1 } });
  const breakers = Array.from({ length: 10_000 }, () => new Breaker({ failureRate: 0.5, slowMs: 1_000, openMs: 1 }));
  for (const [index, breaker] of breakers.entries()) {
    breaker.trip();
    keyed.tryAcquire(`${index}`);
    const permit = hybrid.tryAcquire(`${index}`);
    if (permit.ok) permit.settle('failure');
  }
  expect(process.getActiveResourcesInfo().sort()).toEqual(before);
  expect(keyed.snapshot().keys).toBe(10_000);
  expect(breakers.every((breaker) => breaker.state === 'open')).toBe(true);
});
