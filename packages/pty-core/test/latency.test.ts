/** Upper bounds that a busy machine keeps too; the benchmark tells how far below them a quiet one is. */
import { expect, test } from 'vitest';
import { until } from './condition.ts';
import { Terminals } from './terminals.ts';

const terminals = new Terminals();

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1]!;
}

test('[B43] [NFR-007-001] 95 of 100 spawns are active within 500 ms', async () => {
  const times = Array.from({ length: 100 }, () => {
    const begun = performance.now();
    expect(terminals.spawn('true').state).toBe('active');
    return performance.now() - begun;
  });
  expect(percentile(times, 0.95)).toBeLessThan(500);
  await until(() => terminals.manager.size === 0, 'the end of all');
});

test('[B43] [NFR-007-002] input is in the terminal within 5 ms for half of 500 keys, within 15 ms for 95 of 100', async () => {
  const pty = terminals.sh('stty raw -echo; exec cat');
  await until(() => pty.state === 'active', 'the child');
  const times = Array.from({ length: 500 }, () => {
    const begun = performance.now();
    pty.write(Buffer.from('k'));
    expect(pty.pendingInputBytes).toBe(0);
    return performance.now() - begun;
  });
  expect(percentile(times, 0.5)).toBeLessThan(5);
  expect(percentile(times, 0.95)).toBeLessThan(15);
  await until(() => pty.output.end >= 500, 'all keys');
});
