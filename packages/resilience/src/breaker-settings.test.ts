import { describe, expect, it } from 'vitest';
import { Breaker } from './breaker.ts';
import type { BreakerOptions } from './breaker-settings.ts';
import { InvalidOptionError } from './errors.ts';

describe('Breaker, options', () => {
  it.each<[BreakerOptions, string]>([
    [{ windowMs: 0 }, 'Cannot create breaker: windowMs is 0, allowed are numbers of at least 1 and finite'],
    [{ failures: 0 }, 'Cannot create breaker: failures is 0, allowed are integers from 1 to 1,000,000'],
    [{ failures: 1_000_001 }, 'Cannot create breaker: failures is 1,000,001, allowed are integers from 1 to 1,000,000'],
    [{ failureRate: 1.5 }, 'Cannot create breaker: failureRate is 1.5, allowed are numbers above 0 up to 1'],
    [{ consecutiveFailures: 1.5 }, 'Cannot create breaker: consecutiveFailures is 1.5, allowed are integers'],
    [{ consecutiveWindowMs: 0 }, 'Cannot create breaker: consecutiveWindowMs is 0, allowed are numbers of at least 1'],
    [{ slowMs: 0 }, 'Cannot create breaker: slowMs is 0, allowed are numbers of at least 1'],
    [{ slowRate: 0 }, 'Cannot create breaker: slowRate is 0, allowed are numbers'],
    [{ slowRate: 0.5 }, 'Cannot create breaker: slowMs is of type undefined, slowRate needs it'],
    [{ minimumCalls: 0 }, 'Cannot create breaker: minimumCalls is 0, allowed are integers of at least 1'],
    [{ openMs: Number.NaN }, 'Cannot create breaker: openMs is NaN, allowed are numbers of at least 0'],
    [{ openFactor: 0.5 }, 'Cannot create breaker: openFactor is 0.5, allowed are numbers of at least 1 and finite'],
    [{ openMs: 10, maxOpenMs: 9 }, 'Cannot create breaker: maxOpenMs is 9, allowed are numbers of at least 10'],
    [{ openMs: Number.POSITIVE_INFINITY }, 'Cannot create breaker: openMs is ∞, allowed are numbers of at least 0 and'],
    [{ maxOpenMs: Number.POSITIVE_INFINITY }, 'Cannot create breaker: maxOpenMs is ∞'],
    [{ probeTimeoutMs: Number.POSITIVE_INFINITY }, 'Cannot create breaker: probeTimeoutMs is ∞'],
    [{ quietMs: -1 }, 'Cannot create breaker: quietMs is -1, allowed are numbers of at least 0'],
    [{ probes: 0 }, 'Cannot create breaker: probes is 0, allowed are integers of at least 1'],
    [{ probeTimeoutMs: -1 }, 'Cannot create breaker: probeTimeoutMs is -1, allowed are numbers of at least 0'],
  ])('%o is refused', (options, message) => {
    expect(() => new Breaker(options)).toThrow(InvalidOptionError);
    expect(() => new Breaker(options)).toThrow(message);
  });

  it('has as name what it was given', () => {
    expect(new Breaker({ name: 'model' }).name).toBe('model');
    expect(new Breaker().snapshot().name).toBe('breaker');
  });
});
