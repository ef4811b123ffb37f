import type { Contender, Running } from './contenders/contender.ts';
import { contendersOfThisRun } from './contenders/field.ts';
import { type Programs, writePrograms } from './programs.ts';
import { bounded } from './rows.ts';
import { startSpinner } from './spinner.ts';
import type { BenchRow } from './suite.ts';
import { Workbench } from './workbench.ts';

/** What a suite of terminal servers has at hand while it measures. */
export interface FieldRun {
  readonly bench: Workbench;
  readonly programs: Programs;
  readonly contenders: readonly Contender[];
  /** The server that {@link FieldRun.startAll} started for a contender. */
  server(contender: Contender): Running;
  /** Starts one server per contender, all idle until they are used. */
  startAll(): Promise<void>;
  /** Ends them. */
  stopAll(): Promise<void>;
}

/**
 * Sets the stage for a suite, with the spinner on, and clears it whatever happens.
 *
 * The rows get one more in front that says whether the spinner ran: without it the targets mean nothing.
 */
export async function runField(measure: (run: FieldRun) => Promise<readonly BenchRow[]>): Promise<readonly BenchRow[]> {
  const bench = new Workbench();
  const servers = new Map<string, Running>();
  const contenders = contendersOfThisRun();
  const spinner = await startSpinner();
  try {
    const rows = await measure({
      bench,
      programs: writePrograms(bench.directory),
      contenders,
      server(contender) {
        const server = servers.get(contender.name);
        if (server === undefined) throw new Error(`Cannot use ${contender.name}: it was not started`);
        return server;
      },
      async startAll() {
        for (const contender of contenders) servers.set(contender.name, await contender.start(bench));
      },
      async stopAll() {
        await Promise.all([...servers.values()].map((server) => server.stop()));
        servers.clear();
      },
    });
    return [bounded('idle-priority spinner running', 'yes=1', spinner.spinning ? 1 : 0, { least: 1 }), ...rows];
  } finally {
    spinner.stop();
    bench.close();
  }
}

/** How often each contender is measured: `BENCH_ROUNDS`, else what the suite takes by default. */
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
