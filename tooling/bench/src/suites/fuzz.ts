import { fuzz } from '../fuzz/fuzz.ts';
import { bounded } from '../rows.ts';
import { progress } from '../stage.ts';
import type { BenchRow, BenchSuite } from '../suite.ts';
import { onWorkbench } from '../workbench.ts';

const DEFAULT_SECONDS = 300;
/** A client that behaves waits no longer than this, whatever the others do. */
const HEALTH_P99_MS = 250;

/** Everything that no client should send, at a real daemon: no crash, no hang, every reply coded. */
export const suite: BenchSuite = {
  name: 'fuzz',
  run: () =>
    onWorkbench(async (bench) => {
      const seconds = numberFrom('FUZZ_SECONDS', DEFAULT_SECONDS);
      const seed = numberFrom('FUZZ_SEED', Math.floor(Date.now() / 1_000) % 10_000);
      const only = process.env['FUZZ_CASE'] === undefined ? undefined : numberFrom('FUZZ_CASE', 0);
      progress(`FUZZ_SEED=${seed}, for ${seconds} s`);
      const endMs = performance.now() + seconds * 1_000;
      const report = await fuzz(bench, {
        seed,
        firstCase: only ?? 0,
        isOver: (begun) => (only !== undefined && begun > 0) || performance.now() > endMs,
      });
      for (const { case: number, kind, problem } of report.failures) {
        progress(
          `\n${number === undefined ? 'the daemon' : `FUZZ_SEED=${seed} FUZZ_CASE=${number}, ${kind}`}: ${problem}`,
        );
      }
      return rowsOf(report, seed);
    }),
};

function rowsOf({ cases, inputs, failures, healthMs }: Awaited<ReturnType<typeof fuzz>>, seed: number): BenchRow[] {
  return [
    bounded('seed', 'FUZZ_SEED', seed),
    bounded('connections', 'count', cases),
    bounded('messages, frames and requests', 'count', inputs),
    bounded('failures', 'count', failures.length, { most: 0 }),
    bounded('health check beside it, p99', 'ms', healthMs.p99, { most: HEALTH_P99_MS }),
    bounded('health check beside it, longest', 'ms', healthMs.max),
  ];
}

function numberFrom(name: string, otherwise: number): number {
  const value = Number(process.env[name] ?? otherwise);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`Cannot fuzz: ${name} is ${process.env[name]}, whole numbers from 0 are allowed`);
  }
  return value;
}
