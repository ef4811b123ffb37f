import { expect, test } from 'vitest';
import { terminationPlan } from './termination.ts';

test('[FR-007-007] SIGTERM, then what interactive shells and stopped jobs need, then SIGKILL when the grace is over', () => {
  expect(terminationPlan(5_000)).toEqual([
    { atMs: 0, signals: ['SIGTERM'] },
    { atMs: 250, signals: ['SIGHUP', 'SIGCONT'] },
    { atMs: 5_000, signals: ['SIGKILL'] },
  ]);
});

test('a short grace is halved', () => {
  expect(terminationPlan(100).map(({ atMs }) => atMs)).toEqual([0, 50, 100]);
});

test('[B33] no grace means SIGKILL at once', () => {
  expect(terminationPlan(0)).toEqual([{ atMs: 0, signals: ['SIGKILL'] }]);
});
