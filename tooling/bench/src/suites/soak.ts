import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sessiondWith } from '../commands/command-server.ts';
import { percentile } from '../rounds.ts';
import { bounded } from '../rows.ts';
import { startClients } from '../soak/clients.ts';
import { writeSoakProgram } from '../soak/program.ts';
import type { ReaderReport } from '../soak/reader.ts';
import { risePerMinute } from '../soak/trend.ts';
import { progress } from '../stage.ts';
import type { BenchRow, BenchSuite } from '../suite.ts';
import { type Holdings, holdingsOf, watchMemory } from '../watch/holdings.ts';
import { watchAnswers } from '../watch/question-watch.ts';
import { onWorkbench } from '../workbench.ts';

const DEFAULT_SECONDS = 300;
const LOSSLESS_SESSIONS = 40;
const LOSSY_SESSIONS = 10;
const ABORTERS = 5;
/** What is loaded, pooled and compiled once is no leak: this share of the time is not looked at. */
const WARM_UP_SHARE = 1 / 3;
/** How long the daemon may take to let go of what its last clients had. */
const SETTLE_MS = 5_000;
const COMMAND_P99_MS = 50;
const RISE_MIB_PER_MINUTE = 1;

/** Fifty sessions and clients that stall, die, resume, flood and abort: what is left behind, what is lost, how long others wait. */
export const suite: BenchSuite = {
  name: 'soak',
  run: () =>
    onWorkbench(async (bench) => {
      const seconds = Number(process.env['SOAK_SECONDS'] ?? DEFAULT_SECONDS);
      if (!(seconds > 0)) throw new RangeError(`Cannot soak: SOAK_SECONDS is ${seconds}, allowed above 0`);
      const sums = (name: string): string => {
        const directory = join(bench.directory, name);
        mkdirSync(directory);
        return directory;
      };
      const server = await sessiondWith()(bench);
      const order = { port: server.port, script: writeSoakProgram(bench.directory) };
      // What the first of everything needs is there before it is counted.
      const first = { seed: 1, losslessSessions: 1, lossySessions: 0, aborters: 1 };
      await startClients(bench, { ...order, ...first, sumDirectory: sums('first') }).stop();
      await sleep(SETTLE_MS);
      const before = holdingsOf(server.pid);
      const memory = watchMemory(server.pid);
      const clients = startClients(bench, {
        ...order,
        sumDirectory: sums('all'),
        seed: 2,
        losslessSessions: LOSSLESS_SESSIONS,
        lossySessions: LOSSY_SESSIONS,
        aborters: ABORTERS,
      });
      const { socketPath } = server;
      const command = { type: 'list_sessions' };
      const answers = await watchAnswers(bench, { socketPath, command, pauseMs: 20, patienceMs: 10_000 });
      progress(`soaking for ${seconds} s`);
      await sleep(seconds * 1_000);
      const samples = memory.stop();
      progress('ending the sessions');
      const { readers, aborters } = await clients.stop();
      const { timesMs, problem } = await answers.stop();
      await sleep(SETTLE_MS);
      const after = holdingsOf(server.pid);
      await server.stop();
      const problems = [
        ...(problem === undefined ? [] : [problem]),
        ...[...readers, ...aborters].flatMap((report) => report.problems),
      ];
      for (const each of problems) progress(each);
      const aborts = aborters.reduce((sum, report) => sum + report.aborts, 0);
      return [
        ...loadRows(readers, aborts),
        ...keptRows(readers),
        bounded('what must not happen', 'count', problems.length, { most: 0 }),
        ...leftRows(before, after),
        bounded(
          'rise of resident memory',
          'MiB/min',
          risePerMinute(samples.slice(Math.floor(samples.length * WARM_UP_SHARE))),
          { most: RISE_MIB_PER_MINUTE },
        ),
        bounded('resident at the end', 'MiB', samples.at(-1)?.value ?? 0),
        bounded('list_sessions beside it, p50', 'ms', percentile(timesMs, 0.5)),
        bounded('list_sessions beside it, p99', 'ms', percentile(timesMs, 0.99), { most: COMMAND_P99_MS }),
      ];
    }),
};

/** How much went on: a soak without it proves nothing. */
function loadRows(readers: readonly ReaderReport[], aborts: number): readonly BenchRow[] {
  const sum = (of: (reader: ReaderReport) => number): number => readers.reduce((all, reader) => all + of(reader), 0);
  return [
    bounded('sessions', 'count', readers.length),
    bounded('output received', 'MB', sum(({ receivedBytes }) => receivedBytes) / 1e6),
    bounded(
      'clients that hung for a while',
      'count',
      sum(({ stalls }) => stalls),
    ),
    bounded(
      'clients that died and resumed',
      'count',
      sum(({ resumes }) => resumes),
    ),
    bounded('commands that were aborted', 'count', aborts),
  ];
}

/** What the children wrote against what arrived. */
function keptRows(readers: readonly ReaderReport[]): readonly BenchRow[] {
  const lossless = readers.filter((reader) => reader.lossless);
  const differing = lossless.filter(({ sumFile, sha256 }) => !readFileSync(sumFile, 'latin1').startsWith(`${sha256} `));
  for (const { sessionId } of differing)
    progress(`${sessionId}: what arrived has another SHA-256 than what was written`);
  return [
    bounded('sessions whose SHA-256 differs from what was written', `of ${lossless.length}`, differing.length, {
      most: 0,
    }),
    bounded(
      'told to others as gaps, where the oldest may be dropped',
      'MB',
      readers.reduce((sum, { gapBytes }) => sum + gapBytes, 0) / 1e6,
    ),
  ];
}

function leftRows(before: Holdings, after: Holdings): readonly BenchRow[] {
  return [
    bounded('descriptors more than before', 'count', after.descriptors - before.descriptors, { most: 0 }),
    bounded('processes more than before', 'count', after.processes - before.processes, { most: 0 }),
  ];
}
