import CircuitBreaker from 'opossum';
import type { Entry, Work } from '../contest/work.ts';
import { ANSWER, FAILURE, FEW_CALLS, fail, MANY_CALLS, succeed } from './call.ts';

/** The breaker of opossum, without the timeout it has by default: the others have none in these works. */
const WITHOUT_TIMEOUT = Object.freeze({ timeout: false as const });

/** Ten minutes of window, so that it outlasts the run; a share of failures that cannot be exceeded keeps it closed. */
const NEVER_OPENING = Object.freeze({
  ...WITHOUT_TIMEOUT,
  rollingCountTimeout: 600_000,
  errorThresholdPercentage: 100,
});

/** The breaker of opossum. */
export const entry: Entry = {
  works: {
    execute: () => repeat(new CircuitBreaker(succeed, { ...WITHOUT_TIMEOUT })),

    /** As it comes: with a timeout of ten seconds. */
    'execute, defaults': () => repeat(new CircuitBreaker(succeed)),

    refused: () => {
      const breaker = new CircuitBreaker(succeed, { ...WITHOUT_TIMEOUT, resetTimeout: 3_600_000 });
      breaker.open();
      return async (times) => {
        let done = 0;
        for (let time = 0; time < times; time++) {
          try {
            await breaker.fire();
          } catch (error) {
            if ((error as { code?: unknown }).code === 'EOPENBREAKER') done++;
          }
        }
        return done;
      };
    },

    'fail, few in window': () => failing(),

    'fail, many in window': async () => {
      const breaker = neverOpening();
      for (let call = 0; call < MANY_CALLS; call++) await breaker.fire(succeed);
      return failing(breaker);
    },
  },
  holdings: {
    breakers: async (count) => {
      const breakers = Array.from({ length: count }, () => new CircuitBreaker(act));
      for (const breaker of breakers) {
        await breaker.fire(succeed);
        await breaker.fire(fail).catch(() => {});
      }
      return breakers;
    },
  },
};

function act(call: () => Promise<object>): Promise<object> {
  return call();
}

function repeat(breaker: CircuitBreaker<[], object>): Work {
  return async (times) => {
    let done = 0;
    for (let time = 0; time < times; time++) {
      if ((await breaker.fire()) === ANSWER) done++;
    }
    return done;
  };
}

type ActingBreaker = CircuitBreaker<[call: () => Promise<object>], object>;

function neverOpening(): ActingBreaker {
  return new CircuitBreaker(act, { ...NEVER_OPENING });
}

function failing(full?: ActingBreaker): Work {
  return async (times) => {
    let done = 0;
    let breaker = full ?? neverOpening();
    for (let time = 0; time < times; time++) {
      if (full === undefined && time % FEW_CALLS === FEW_CALLS - 1) {
        breaker.shutdown();
        breaker = neverOpening();
      }
      try {
        await breaker.fire(fail);
      } catch (error) {
        if (error === FAILURE) done++;
      }
    }
    return done;
  };
}
