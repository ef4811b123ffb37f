import type { Contender } from '../contenders/contender.ts';
import { sessiond } from '../contenders/sessiond.ts';
import { buildPtyReader } from '../limit/pty-reader.ts';
import {
  type MemorySample,
  memorySample,
  type StreamSample,
  streamSample,
  tailIsShort,
} from '../measure/stream-sample.ts';
import { median, pairedRounds, type Round, samplesOf } from '../rounds.ts';
import { bounded, comparison } from '../rows.ts';
import { type FieldRun, runField } from '../run-field.ts';
import { progress, roundsOfThisRun } from '../stage.ts';
import type { BenchRow, BenchSuite } from '../suite.ts';

const DEFAULTS = Object.freeze({
  rounds: 11,
  warmBytes: 4_000_000,
  measuredBytes: 128_000_000,
  /** The stall takes its whole length each time, so it is not repeated as often as the streams. */
  memoryRounds: 3,
  stallMs: 5_000,
  tailRuns: 30,
});

/** One flood to one client, the server's memory, and whether the end of the output arrives. */
export const suite: BenchSuite = {
  name: 'stream',
  run: () =>
    runField(async (run) => {
      const rounds = roundsOfThisRun(DEFAULTS.rounds);
      await run.startAll();
      const [limitName, streams] = await streamRounds(run, rounds);
      const tails = await tailRounds(run);
      await run.stopAll();
      const memory = await memoryRounds(run, Math.min(rounds, DEFAULTS.memoryRounds));
      const names = run.contenders.map(({ name }) => name);
      report(names, limitName, streams, memory, tails);
      if (!names.includes(sessiond.name)) return [];
      const rivals = names.filter((name) => name !== sessiond.name);
      return [
        ...streamRows(streams, [...rivals, limitName], limitName),
        ...memoryRows(memory, rivals),
        ...tailRows(tails, rivals),
      ];
    }),
};

async function streamRounds(run: FieldRun, rounds: number): Promise<[string, readonly Round<StreamSample>[]]> {
  const limit = buildPtyReader(run.bench);
  const { warmBytes, measuredBytes } = DEFAULTS;
  const contestants = new Map<string, () => Promise<StreamSample>>();
  for (const contender of run.contenders) {
    contestants.set(contender.name, () =>
      streamSample(contender, run.server(contender), run.programs.flood, { warmBytes, bytes: measuredBytes }),
    );
  }
  contestants.set(limit.name, () => limit.stream(run.programs.flood, warmBytes, measuredBytes));
  const onTurn = (round: number, name: string): void => progress(`stream ${round + 1}/${rounds} ${name}`);
  return [limit.name, await pairedRounds(contestants, { rounds, onTurn })];
}

async function memoryRounds(run: FieldRun, rounds: number): Promise<readonly Round<MemorySample>[]> {
  const sample = async (contender: Contender): Promise<MemorySample> => {
    const server = await contender.start(run.bench);
    try {
      return await memorySample(contender, server, run.programs.lossyFlood, DEFAULTS.stallMs);
    } finally {
      await server.stop();
    }
  };
  const onTurn = (round: number, name: string): void => progress(`memory ${round + 1}/${rounds} ${name}`);
  return pairedRounds(new Map(run.contenders.map((each) => [each.name, () => sample(each)])), { rounds, onTurn });
}

async function tailRounds(run: FieldRun): Promise<readonly Round<boolean>[]> {
  progress(`exit tails, ${DEFAULTS.tailRuns} runs each`);
  const contestants = new Map(
    run.contenders.map((each) => [each.name, () => tailIsShort(each, run.server(each), run.programs.tail)]),
  );
  return pairedRounds(contestants, { rounds: DEFAULTS.tailRuns });
}

function streamRows(rounds: readonly Round<StreamSample>[], rivals: readonly string[], limit: string): BenchRow[] {
  const throughput = rivals.map((rival) =>
    comparison(rounds, {
      name: `throughput to one client, against ${rival}`,
      unit: 'MB/s',
      ours: sessiond.name,
      rival,
      value: (sample) => sample.megabytesPerSecond,
      ...(rival === 'naive' ? { target: { least: 1.3 } } : rival === limit ? { target: { least: 0.9 } } : {}),
    }),
  );
  const cpu = rivals.map((rival) =>
    comparison(rounds, {
      name: `server CPU, against ${rival}`,
      unit: 's/GB',
      ours: sessiond.name,
      rival,
      value: (sample) => sample.cpuSecondsPerGigabyte,
      ...(rival === 'naive' ? { target: { most: 0.65 } } : {}),
    }),
  );
  return [...throughput, ...cpu];
}

function memoryRows(rounds: readonly Round<MemorySample>[], rivals: readonly string[]): BenchRow[] {
  const compared = (['idle', 'streaming', 'stalled'] as const).flatMap((when) =>
    rivals.map((rival) =>
      comparison(rounds, {
        name: `server RSS ${when === 'stalled' ? 'after a 5 s stall' : when}, against ${rival}`,
        unit: 'MiB',
        ours: sessiond.name,
        rival,
        value: (sample) => sample[when],
      }),
    ),
  );
  const growth = samplesOf(rounds, sessiond.name).map((sample) => sample.growth);
  return [
    ...compared,
    bounded('server RSS growth in a 5 s stall, worst round', 'MiB', Math.max(...growth), { most: 16 }),
  ];
}

function tailRows(rounds: readonly Round<boolean>[], rivals: readonly string[]): BenchRow[] {
  const ours = shortsOf(rounds, sessiond.name);
  return [
    bounded(`exit tails cut short of ${rounds.length}`, 'runs', ours, { most: 0 }),
    ...rivals.map((rival) => ({
      name: `exit tails cut short of ${rounds.length}, against ${rival}`,
      unit: 'runs',
      ours,
      rival: shortsOf(rounds, rival),
      rivalName: rival,
      ratio: null,
      target: null,
      ok: null,
    })),
  ];
}

function shortsOf(rounds: readonly Round<boolean>[], name: string): number {
  return samplesOf(rounds, name).filter(Boolean).length;
}

function report(
  names: readonly string[],
  limit: string,
  streams: readonly Round<StreamSample>[],
  memory: readonly Round<MemorySample>[],
  tails: readonly Round<boolean>[],
): void {
  const figures: Record<string, Record<string, number>> = {};
  for (const name of [...names, limit]) {
    const samples = samplesOf(streams, name);
    figures[name] = {
      'MB/s': fixed(median(samples.map((sample) => sample.megabytesPerSecond))),
      'CPU s/GB': fixed(median(samples.map((sample) => sample.cpuSecondsPerGigabyte))),
    };
  }
  for (const name of names) {
    for (const when of ['idle', 'streaming', 'stalled', 'growth'] as const) {
      figures[name]![`MiB ${when}`] = fixed(median(samplesOf(memory, name).map((sample) => sample[when])));
    }
    figures[name]!['shorts'] = shortsOf(tails, name);
  }
  console.table(figures);
}

function fixed(value: number): number {
  return Number(value.toFixed(2));
}
