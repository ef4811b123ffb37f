import { expect, it } from 'vitest';
import { onWorkbench } from '../workbench.ts';
import { fuzz } from './fuzz.ts';

/** A few seconds of `npm run bench -- fuzz`, always the same ones. */
const CASES = 250;

it('gets no crash, no hang and no reply without a code out of a daemon, whatever it sends', async () => {
  const report = await onWorkbench((bench) => fuzz(bench, { seed: 1, isOver: (begun) => begun >= CASES }));
  expect(report.failures).toEqual([]);
  expect(report.inputs).toBeGreaterThan(4 * CASES);
});
