import {
  BrokenCircuitError,
  bulkhead,
  type CircuitBreakerPolicy,
  ConsecutiveBreaker,
  circuitBreaker,
  handleAll,
  SamplingBreaker,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { KEYS, shuffledKeys } from '../contest/keys.ts';
import type { Entry } from '../contest/work.ts';
import { ANSWER, FAILURE, FEW_CALLS, fail, MANY_CALLS, succeed } from './call.ts';

const CONCURRENT = 10;
const QUEUED = 10;
const DEADLINE_MS = 30_000;

interface Policy {
  execute(call: () => Promise<object>): Promise<object>;
}

/** The policies of cockatiel, made as its readme makes them. */
export const entry: Entry = {
  works: {
    execute: () => repeat(samplingBreaker()),

    'execute, observed': () => {
      const policy = samplingBreaker();
      let observed = 0;
      policy.onSuccess(({ duration }) => {
        if (duration >= 0) observed++;
      });
      return async (times) => {
        const before = observed;
        for (let time = 0; time < times; time++) await policy.execute(succeed);
        return observed - before;
      };
    },

    refused: async () => {
      const policy = circuitBreaker(handleAll, { halfOpenAfter: 3_600_000, breaker: new ConsecutiveBreaker(1) });
      await policy.execute(fail).catch(() => {});
      return async (times) => {
        let done = 0;
        for (let time = 0; time < times; time++) {
          try {
            await policy.execute(succeed);
          } catch (error) {
            if (error instanceof BrokenCircuitError) done++;
          }
        }
        return done;
      };
    },

    /** One breaker per key around one for all. A shared closure; `wrap` would build two for every call. */
    'keyed and global': () => {
      const global = samplingBreaker();
      const callGlobal = (): Promise<object> => global.execute(succeed);
      const keys = shuffledKeys(KEYS);
      const keyed = new Map(keys.map((key) => [key, samplingBreaker()]));
      let next = 0;
      return async (times) => {
        let done = 0;
        for (let time = 0; time < times; time++) {
          next = next + 1 === keys.length ? 0 : next + 1;
          if ((await keyed.get(keys[next]!)!.execute(callGlobal)) === ANSWER) done++;
        }
        return done;
      };
    },

    bulkhead: () => repeat(bulkhead(CONCURRENT, QUEUED)),

    deadline: () => repeat(timeout(DEADLINE_MS, TimeoutStrategy.Aggressive)),

    guard: () => repeat(guard()),

    'guard with limiter': () => {
      const policy = guard();
      const limiter = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: 60 });
      return async (times) => {
        let done = 0;
        for (let time = 0; time < times; time++) {
          await limiter.consume('caller');
          if ((await policy.execute(succeed)) === ANSWER) done++;
        }
        return done;
      };
    },

    'fail, few in window': () => failing(),

    'fail, many in window': async () => {
      const policy = neverOpening();
      for (let call = 0; call < MANY_CALLS; call++) await policy.execute(succeed);
      return failing(policy);
    },
  },
  holdings: {
    breakers: async (count) => {
      const policies = Array.from({ length: count }, samplingBreaker);
      for (const policy of policies) {
        await policy.execute(succeed);
        await policy.execute(fail).catch(() => {});
      }
      return policies;
    },
  },
};

function samplingBreaker(): CircuitBreakerPolicy {
  return circuitBreaker(handleAll, {
    halfOpenAfter: 30_000,
    breaker: new SamplingBreaker({ threshold: 0.5, duration: 60_000 }),
  });
}

/** Ten minutes of window, so that it outlasts the run; a rate of calls that is never reached keeps it closed. */
function neverOpening(): CircuitBreakerPolicy {
  return circuitBreaker(handleAll, {
    halfOpenAfter: 30_000,
    breaker: new SamplingBreaker({ threshold: 0.99, duration: 600_000, minimumRps: 1e9 }),
  });
}

function guard(): Policy {
  return wrap(bulkhead(CONCURRENT, QUEUED), samplingBreaker(), timeout(DEADLINE_MS, TimeoutStrategy.Aggressive));
}

function repeat(policy: Policy): (times: number) => Promise<number> {
  return async (times) => {
    let done = 0;
    for (let time = 0; time < times; time++) {
      if ((await policy.execute(succeed)) === ANSWER) done++;
    }
    return done;
  };
}

function failing(full?: CircuitBreakerPolicy): (times: number) => Promise<number> {
  return async (times) => {
    let done = 0;
    let policy = full ?? neverOpening();
    for (let time = 0; time < times; time++) {
      if (full === undefined && time % FEW_CALLS === FEW_CALLS - 1) policy = neverOpening();
      try {
        await policy.execute(fail);
      } catch (error) {
        if (error === FAILURE) done++;
      }
    }
    return done;
  };
}
