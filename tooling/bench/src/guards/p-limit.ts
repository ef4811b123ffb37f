import pLimit from 'p-limit';
import type { Entry } from '../contest/work.ts';
import { ANSWER, succeed } from './call.ts';

/** The concurrency limit of p-limit. */
export const entry: Entry = {
  works: {
    bulkhead: () => {
      const limit = pLimit(10);
      return async (times) => {
        let done = 0;
        for (let time = 0; time < times; time++) {
          if ((await limit(succeed)) === ANSWER) done++;
        }
        return done;
      };
    },
  },
};
