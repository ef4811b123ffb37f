import { Random } from '../random.ts';
import { percentile } from '../rounds.ts';
import { watchAnswers } from '../watch/question-watch.ts';
import type { Workbench } from '../workbench.ts';
import { CASES, type CaseKind, PATIENCE_MS } from './cases.ts';
import { startTarget } from './target.ts';

/** How long, and with what. */
export interface FuzzOptions {
  /** Names all random numbers of the run. */
  readonly seed: number;
  /** Whether the run is over, asked before each case; the number of cases that have begun is given. */
  readonly isOver: (begun: number) => boolean;
  /** Where cases begin to be counted: the number of one that failed runs it first. */
  readonly firstCase?: number;
}

/** Something that must not happen. */
export interface FuzzFailure {
  /** With the seed, this leads to the same inputs again; `undefined` for what no single case has done. */
  readonly case: number | undefined;
  readonly kind: CaseKind | 'daemon';
  readonly problem: string;
}

/** What a run has found. */
export interface FuzzReport {
  readonly cases: number;
  /** Messages, frames, requests. */
  readonly inputs: number;
  readonly failures: readonly FuzzFailure[];
  /** How long a client that behaves waited for `health_check` meanwhile. */
  readonly healthMs: { readonly p99: number; readonly max: number };
}

/** Clients that misbehave at a time. */
const AT_A_TIME = 6;
const HEALTH_PAUSE_MS = 20;
const MAX_FAILURES = 20;
const MAX_ERROR_LINES = 5;
const SHARES = CASES.reduce((sum, { share }) => sum + share, 0);

/**
 * Sends a built daemon what no client should, while another client asks it all the time how it is.
 *
 * Fails on: an end of the daemon, an error in its log, a health check without an answer for ten seconds, a message that is not by the
 * protocol, an answer `INTERNAL`, a message without exactly one answer, an unknown close code. Stops after 20 failures.
 */
export async function fuzz(bench: Workbench, { seed, isOver, firstCase = 0 }: FuzzOptions): Promise<FuzzReport> {
  const target = await startTarget(bench);
  const { socketPath } = target;
  const health = await watchAnswers(bench, {
    socketPath,
    command: { type: 'health_check' },
    pauseMs: HEALTH_PAUSE_MS,
    patienceMs: PATIENCE_MS,
  });
  const failures: FuzzFailure[] = [];
  let begun = 0;
  let inputs = 0;
  const client = async (): Promise<void> => {
    while (target.alive && failures.length < MAX_FAILURES && !isOver(begun)) {
      const number = firstCase + begun++;
      const random = new Random(seed * 0x9e37 + number);
      const { kind, run } = caseOf(random);
      const result = await run(random, target.port);
      inputs += result.inputs;
      if (result.failure !== undefined) failures.push({ case: number, kind, problem: result.failure });
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, client));
  const { timesMs, problem } = await health.stop();
  const problems = [
    ...(target.alive ? [] : ['it has ended']),
    ...(problem === undefined ? [] : [problem]),
    ...target.errors.slice(0, MAX_ERROR_LINES).map((line) => `it logged ${line}`),
  ];
  await target.stop();
  return {
    cases: begun,
    inputs,
    failures: [...failures, ...problems.map((each) => ({ case: undefined, kind: 'daemon', problem: each }) as const)],
    healthMs: { p99: percentile(timesMs, 0.99), max: Math.max(...timesMs) },
  };
}

/** What one case of a seed is. */
function caseOf(random: Random): (typeof CASES)[number] {
  let left = random.below(SHARES);
  for (const one of CASES) {
    left -= one.share;
    if (left < 0) return one;
  }
  throw new RangeError('Cannot pick a case: the shares have changed');
}
