import { COMMAND_ID } from '../commands/command-client.ts';
import { SESSION_ID, sessiondWith } from '../commands/command-server.ts';
import { createSession } from '../commands/create-session.ts';
import { type CommandSample, commandSample, connectClients } from '../measure/command-sample.ts';
import { median, pairedRounds, type Round, samplesOf } from '../rounds.ts';
import { bounded, cheapest } from '../rows.ts';
import { onStage, progress, roundsOfThisRun } from '../stage.ts';
import type { BenchRow, BenchSuite } from '../suite.ts';
import type { Workbench } from '../workbench.ts';

const LOAD = Object.freeze({ roundTrips: 500, pipelined: 40_000, depth: 100 });
const ROUNDS = 9;
const WARM_UP_COMMANDS = 20_000;

const MODES = ['off', 'async', 'sync'] as const;

/** A command that is recorded and does next to nothing beside. */
const RENAME = JSON.stringify({ type: 'set_session_name', id: COMMAND_ID, sessionId: SESSION_ID, name: 'a name' });

/** Recorded commands in the three modes of the journal: rate and CPU with 100 on their way, and round trips alone. */
export const suite: BenchSuite = {
  name: 'journal',
  run: () =>
    onStage(async ({ bench }) => {
      const samples = await takeTurns(bench);
      return [...MODES.flatMap((mode) => rateRows(samples, mode)), ...MODES.map((mode) => cpuRow(samples, mode))];
    }),
};

async function takeTurns(bench: Workbench): Promise<readonly Round<CommandSample>[]> {
  const rounds = roundsOfThisRun(ROUNDS);
  const contestants = new Map<string, () => Promise<CommandSample>>();
  const stops: (() => Promise<void>)[] = [];
  for (const mode of MODES) {
    progress(`starting with --journal ${mode}`);
    const server = await sessiondWith('--journal', mode)(bench);
    stops.push(server.stop);
    await createSession(server);
    const clients = await connectClients(server, RENAME);
    await clients.tcp.run(WARM_UP_COMMANDS, LOAD.depth);
    contestants.set(mode, () => commandSample(server, clients, LOAD));
    stops.push(async () => {
      for (const client of Object.values(clients)) client.close();
    });
  }
  const onTurn = (round: number, name: string): void => progress(`journal ${round + 1}/${rounds} ${name}`);
  const samples = await pairedRounds(contestants, { rounds, onTurn });
  for (const stop of stops.reverse()) await stop();
  return samples;
}

function rateRows(samples: readonly Round<CommandSample>[], mode: string): readonly BenchRow[] {
  const of = (value: (sample: CommandSample) => number): number => median(samplesOf(samples, mode).map(value));
  const least = mode === 'sync' ? { least: 25_000 } : undefined;
  return [
    bounded(
      `${mode}: commands, 100 on their way`,
      '1/s',
      of(({ perSecond }) => perSecond),
      least,
    ),
    bounded(
      `${mode}: round trip p50, TCP`,
      'µs',
      of(({ p50 }) => p50),
    ),
    bounded(
      `${mode}: round trip p99, TCP`,
      'µs',
      of(({ p99 }) => p99),
    ),
  ];
}

function cpuRow(samples: readonly Round<CommandSample>[], mode: string): BenchRow {
  const cpu = samples.map((round) => new Map([...round].map(([name, sample]) => [name, sample.cpu])));
  const row = { name: `${mode}: CPU of a command`, unit: 'µs', ours: mode };
  if (mode === 'off') return cheapest(cpu, row);
  return cheapest(cpu, { ...row, rival: 'off', ...(mode === 'async' && { target: { most: 1.5 } }) });
}
