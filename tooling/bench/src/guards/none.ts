import type { Entry } from '../contest/work.ts';
import { ANSWER, succeed } from './call.ts';

/** Without a guard: what every figure contains. */
export const entry: Entry = {
  works: {
    call: () => async (times) => {
      let done = 0;
      for (let time = 0; time < times; time++) {
        if ((await succeed()) === ANSWER) done++;
      }
      return done;
    },

    /** The least that anything with a deadline must do. */
    'call beside a timer': () => async (times) => {
      let done = 0;
      const nothing = (): void => {};
      for (let time = 0; time < times; time++) {
        const timer = setTimeout(nothing, 30_000);
        if ((await succeed()) === ANSWER) done++;
        clearTimeout(timer);
      }
      return done;
    },
  },
};
