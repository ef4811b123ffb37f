import { COMMAND_ID } from '../commands/command-client.ts';
import { SESSION_ID, type StartCommandServer, sessiondWith, startFloor } from '../commands/command-server.ts';
import { createSession } from '../commands/create-session.ts';
import { type CommandSample, commandSample, connectClients } from '../measure/command-sample.ts';
import { connectionKiB, type Footprint, footprint, holdIdle } from '../measure/daemon-footprint.ts';
import { median, pairedRounds, type Round, samplesOf } from '../rounds.ts';
import { bounded, cheapest, comparison, type Target } from '../rows.ts';
import { onStage, progress, roundsOfThisRun } from '../stage.ts';
import type { BenchRow, BenchSuite } from '../suite.ts';
import type { Workbench } from '../workbench.ts';

const DEFAULTS = Object.freeze({ rounds: 11, roundTrips: 2_000, pipelined: 40_000, depth: 100 });
const WARM_UP_COMMANDS = 100_000;
const MANY_PAST_COMMANDS = 1_000_000;
const STARTS = 5;
const MEMORY_SAMPLES = 3;
const IDLE_CONNECTIONS = 800;

const OURS = 'sessiond';
const FLOOR = 'ws alone';
/** Somebody who shares the machine may cost this much more without the reason lying in what is compared. */
const SAME = 1.05;

/** Who takes part, and what is special about them. */
type Servers = Readonly<
  Record<string, { readonly start: StartCommandServer; readonly idle?: number; readonly past?: number }>
>;

const SERVERS: Servers = {
  [FLOOR]: { start: startFloor },
  [OURS]: { start: sessiondWith() },
  '50 idle connections': { start: sessiondWith(), idle: 50 },
  '500 idle connections': { start: sessiondWith(), idle: 500 },
  '1M past commands': { start: sessiondWith(), past: MANY_PAST_COMMANDS },
};

/** The same daemon with every mode of its journal. */
const JOURNALS: Servers = {
  'journal off': { start: sessiondWith('--journal', 'off') },
  'journal async': { start: sessiondWith('--journal', 'async') },
  'journal sync': { start: sessiondWith('--journal', 'sync') },
};

/** A command that is recorded. */
const RENAME = JSON.stringify({ type: 'set_session_name', id: COMMAND_ID, sessionId: SESSION_ID, name: 'bench' });

/** Control commands against `ws` alone: round trips, rate, CPU, what others cost them, and what the daemon weighs. */
export const suite: BenchSuite = {
  name: 'commands',
  run: () =>
    onStage(async ({ bench }) => {
      const samples = await takeTurns(bench, SERVERS);
      const journals = await takeTurns(bench, JOURNALS, RENAME);
      return [...floorRows(samples), ...othersRows(samples), ...journalRows(journals), ...(await weightRows(bench))];
    }),
};

async function takeTurns(
  bench: Workbench,
  servers: Servers,
  command?: string,
): Promise<readonly Round<CommandSample>[]> {
  const rounds = roundsOfThisRun(DEFAULTS.rounds);
  const contestants = new Map<string, () => Promise<CommandSample>>();
  const stops: (() => Promise<void>)[] = [];
  for (const [name, { start, idle = 0, past = 0 }] of Object.entries(servers)) {
    progress(`starting ${name}`);
    const server = await start(bench);
    stops.push(server.stop);
    if (name !== FLOOR) await createSession(server);
    const clients = await connectClients(server, command);
    await clients.tcp.run(WARM_UP_COMMANDS + past, DEFAULTS.depth);
    const drop = await holdIdle(server.port, idle);
    contestants.set(name, () => commandSample(server, clients, DEFAULTS));
    stops.push(async () => {
      drop();
      for (const client of Object.values(clients)) client.close();
    });
  }
  const onTurn = (round: number, name: string): void => progress(`commands ${round + 1}/${rounds} ${name}`);
  const samples = await pairedRounds(contestants, { rounds, onTurn });
  for (const stop of stops.reverse()) await stop();
  return samples;
}

function floorRows(samples: readonly Round<CommandSample>[]): readonly BenchRow[] {
  const pair = { ours: OURS, rival: FLOOR };
  const trip = (name: string, value: (sample: CommandSample) => number, most?: number): BenchRow =>
    // The target is a distance, not a ratio: what the kernel takes is the same for both.
    ({
      ...comparison(samples, { ...pair, name, unit: 'µs', value }),
      ...(most !== undefined && withinOf(samples, value, most)),
    });
  return [
    trip('round trip p50, TCP', ({ p50 }) => p50, 10),
    trip('round trip p99, TCP', ({ p99 }) => p99),
    trip('round trip p50, Unix socket', ({ unixP50 }) => unixP50, 10),
    trip('round trip p99, Unix socket', ({ unixP99 }) => unixP99),
    comparison(samples, {
      ...pair,
      name: 'commands, 100 on their way on one connection',
      unit: '1/s',
      value: ({ perSecond }) => perSecond,
      bound: { least: 100_000 },
    }),
    cheapest(cpuOf(samples), { ...pair, name: 'CPU of a control command', unit: 'µs', target: { most: 2 } }),
  ];
}

/** The rows about what must make no difference. */
function othersRows(samples: readonly Round<CommandSample>[]): readonly BenchRow[] {
  return Object.keys(SERVERS)
    .filter((name) => name !== FLOOR && name !== OURS)
    .map((name) =>
      cheapest(cpuOf(samples), {
        name: `CPU of a control command beside ${name}`,
        unit: 'µs',
        ours: name,
        rival: OURS,
        target: { most: SAME },
      }),
    );
}

/** What it costs to record commands. */
function journalRows(samples: readonly Round<CommandSample>[]): readonly BenchRow[] {
  const [off, async, sync] = Object.keys(JOURNALS) as [string, string, string];
  const cpu = { name: 'CPU of a recorded command', unit: 'µs', rival: off };
  const perSecond = median(samplesOf(samples, sync).map((sample) => sample.perSecond));
  return [
    cheapest(cpuOf(samples), { ...cpu, name: `${cpu.name}, ${async}`, ours: async, target: { most: 1.5 } }),
    cheapest(cpuOf(samples), { ...cpu, name: `${cpu.name}, ${sync}`, ours: sync }),
    bounded(`recorded commands, 100 on their way, ${sync}`, '1/s', perSecond, { least: 25_000 }),
    bounded(
      `round trip of a recorded command, ${sync}, p50`,
      'µs',
      median(samplesOf(samples, sync).map(({ p50 }) => p50)),
    ),
  ];
}

async function weightRows(bench: Workbench): Promise<readonly BenchRow[]> {
  const starts: Footprint[] = [];
  while (starts.length < STARTS) {
    progress(`start ${starts.length + 1}/${STARTS}`);
    starts.push(await footprint(bench));
  }
  const connections: number[] = [];
  while (connections.length < MEMORY_SAMPLES) {
    progress(`memory of a connection ${connections.length + 1}/${MEMORY_SAMPLES}`);
    const server = await sessiondWith()(bench);
    connections.push(await connectionKiB(server, IDLE_CONNECTIONS));
    await server.stop();
  }
  const row = (name: string, unit: string, of: (start: Footprint) => number, target: Target): BenchRow =>
    bounded(name, unit, median(starts.map(of)), target);
  return [
    bounded('memory of an idle connection', 'KiB', median(connections), { most: 8 }),
    row('start to ready', 'ms', ({ readyMs }) => readyMs, { most: 400 }),
    row('resident when ready', 'MiB', ({ readyMiB }) => readyMiB, { most: 80 }),
    row('resident ten seconds later', 'MiB', ({ idleMiB }) => idleMiB, { most: 80 }),
  ];
}

function cpuOf(samples: readonly Round<CommandSample>[]): readonly Round<number>[] {
  return samples.map((round) => new Map([...round].map(([name, { cpu }]) => [name, cpu])));
}

/** Whether ours is at most so much above the floor: the median of the distances within each round. */
function withinOf(
  samples: readonly Round<CommandSample>[],
  value: (sample: CommandSample) => number,
  most: number,
): Pick<BenchRow, 'target' | 'ok'> {
  const floor = samplesOf(samples, FLOOR).map(value);
  const distance = median(samplesOf(samples, OURS).map((sample, round) => value(sample) - floor[round]!));
  return { target: `value <= ${FLOOR} + ${most}`, ok: distance <= most };
}
