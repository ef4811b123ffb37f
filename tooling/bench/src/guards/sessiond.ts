import {
  Breaker,
  Bulkhead,
  Deadline,
  Guard,
  type GuardOptions,
  HybridBreaker,
  isRefusedError,
  RateLimiter,
} from '@sessiond/resilience';
import { KEYS, keysOf, shuffledKeys } from '../contest/keys.ts';
import type { Entry, Work } from '../contest/work.ts';
import { ANSWER, FAILURE, FEW_CALLS, fail, MANY_CALLS, succeed } from './call.ts';

const CONCURRENT = 10;
const QUEUED = 10;
const DEADLINE_MS = 30_000;
/** More than a run takes, so that nothing is refused. */
const ENDLESS = 4_000_000_000;

/** A share of failures and of slow calls, over a window: what the sampling breaker of cockatiel has, and slow calls. */
const SAMPLING = Object.freeze({
  windowMs: 60_000,
  failureRate: 0.5,
  slowMs: 1_000,
  slowRate: 0.5,
  minimumCalls: 100,
});

/** Ten minutes of window, so that it outlasts the run; a number of calls that is never reached keeps it closed. */
const NEVER_OPENING = Object.freeze({ windowMs: 600_000, failureRate: 1, minimumCalls: Number.MAX_SAFE_INTEGER });

/** The guards of the built `@sessiond/resilience`. */
export const entry: Entry = {
  works: {
    execute: () => repeat(new Breaker(SAMPLING)),

    'execute, observed': () => {
      let observed = 0;
      const breaker = new Breaker({
        ...SAMPLING,
        hooks: {
          onOutcome: ({ durationMs }) => {
            if (durationMs >= 0) observed++;
          },
        },
      });
      return async (times) => {
        const before = observed;
        for (let time = 0; time < times; time++) await breaker.execute(succeed);
        return observed - before;
      };
    },

    /** The same without a promise: for callers that have their own. */
    'permit and settle': () => {
      const breaker = new Breaker(SAMPLING);
      return (times) => {
        let done = 0;
        for (let time = 0; time < times; time++) {
          const permit = breaker.tryAcquire();
          if (permit.ok && permit.settle('success')) done++;
        }
        return done;
      };
    },

    refused: () => {
      const breaker = openBreaker();
      return (times) => {
        let done = 0;
        for (let time = 0; time < times; time++) {
          if (!breaker.tryAcquire().ok) done++;
        }
        return done;
      };
    },

    'refused, thrown': () => {
      const breaker = openBreaker();
      return async (times) => {
        let done = 0;
        for (let time = 0; time < times; time++) {
          try {
            await breaker.execute(succeed);
          } catch (error) {
            if (isRefusedError(error)) done++;
          }
        }
        return done;
      };
    },

    'keyed and global': () => {
      const keys = shuffledKeys(KEYS);
      const breaker = new HybridBreaker({ session: { ...SAMPLING, maxKeys: keys.length } });
      let next = 0;
      return async (times) => {
        let done = 0;
        for (let time = 0; time < times; time++) {
          next = next + 1 === keys.length ? 0 : next + 1;
          if ((await breaker.execute(keys[next]!, succeed)) === ANSWER) done++;
        }
        return done;
      };
    },

    bulkhead: () => repeat(new Bulkhead({ limit: CONCURRENT, maxQueue: QUEUED })),

    deadline: () => repeat(new Deadline({ deadlineMs: DEADLINE_MS })),

    guard: () => repeat(new Guard(guardParts())),

    'guard with limiter': () => {
      const limiter = new RateLimiter({ limit: ENDLESS, windowMs: 60_000 });
      const guard = new Guard({ ...guardParts(), limiter });
      const caller = { key: 'caller' };
      return async (times) => {
        let done = 0;
        for (let time = 0; time < times; time++) {
          if ((await guard.execute(succeed, caller)) === ANSWER) done++;
        }
        return done;
      };
    },

    'fail, few in window': () => failing(),

    'fail, many in window': async () => {
      const breaker = new Breaker(NEVER_OPENING);
      for (let call = 0; call < MANY_CALLS; call++) await breaker.execute(succeed);
      return failing(breaker);
    },
  },
  holdings: {
    /** With every condition that costs memory: rates of failures and of slow calls. */
    breakers: (count) => used(Array.from({ length: count }, () => new Breaker({ ...SAMPLING }))),

    /** As it comes: five failures within a minute. */
    'default breakers': (count) => used(Array.from({ length: count }, () => new Breaker())),

    /** As one session each has them. */
    'keyed breakers': async (count) => {
      const breaker = new HybridBreaker({ session: { ...SAMPLING, maxKeys: count } });
      for (const key of keysOf(count)) await breaker.execute(key, succeed);
      return breaker;
    },
  },
};

function guardParts(): GuardOptions {
  return {
    bulkhead: new Bulkhead({ limit: CONCURRENT, maxQueue: QUEUED }),
    breaker: new Breaker(SAMPLING),
    deadline: new Deadline({ deadlineMs: DEADLINE_MS }),
  };
}

async function used(breakers: readonly Breaker[]): Promise<readonly Breaker[]> {
  for (const breaker of breakers) {
    await breaker.execute(succeed);
    await breaker.execute(fail).catch(() => {});
  }
  return breakers;
}

function openBreaker(): Breaker {
  const breaker = new Breaker({ openMs: 3_600_000 });
  breaker.trip();
  return breaker;
}

function repeat(guard: { execute(call: () => Promise<object>): Promise<object> }): Work {
  return async (times) => {
    let done = 0;
    for (let time = 0; time < times; time++) {
      if ((await guard.execute(succeed)) === ANSWER) done++;
    }
    return done;
  };
}

function failing(full?: Breaker): Work {
  return async (times) => {
    let done = 0;
    let breaker = full ?? new Breaker(NEVER_OPENING);
    for (let time = 0; time < times; time++) {
      if (full === undefined && time % FEW_CALLS === FEW_CALLS - 1) breaker = new Breaker(NEVER_OPENING);
      try {
        await breaker.execute(fail);
      } catch (error) {
        if (error === FAILURE) done++;
      }
    }
    return done;
  };
}
