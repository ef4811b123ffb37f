import { type Programs, writePrograms } from './programs.ts';
import { bounded } from './rows.ts';
import { startSpinner } from './spinner.ts';
import type { BenchRow } from './suite.ts';
import { Workbench } from './workbench.ts';

/** What every suite with terminals has at hand while it measures. */
export interface Stage {
  readonly bench: Workbench;
  readonly programs: Programs;
}

/**
 * Sets the stage for a suite, with the spinner on, and clears it whatever happens.
 *
 * The rows get one more in front that says whether the spinner ran: without it the targets mean nothing.
 */
export async function onStage(measure: (stage: Stage) => Promise<readonly BenchRow[]>): Promise<readonly BenchRow[]> {
  const bench = new Workbench();
  const spinner = await startSpinner();
  try {
    const rows = await measure({ bench, programs: writePrograms(bench.directory) });
    return [bounded('idle-priority spinner running', 'yes=1', spinner.spinning ? 1 : 0, { least: 1 }), ...rows];
  } finally {
    spinner.stop();
    bench.close();
  }
}

/** How often each contestant is measured: `BENCH_ROUNDS`, else what the suite takes by default. */
export function roundsOfThisRun(defaultRounds: number, environment: NodeJS.ProcessEnv = process.env): number {
  const rounds = Number(environment['BENCH_ROUNDS'] ?? defaultRounds);
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new RangeError(
      `Cannot run rounds: BENCH_ROUNDS is ${environment['BENCH_ROUNDS']}, whole numbers from 1 are allowed`,
    );
  }
  return rounds;
}

/** Tells a person who waits what is being measured. */
export function progress(what: string): void {
  process.stderr.write(`${what}\n`);
}
