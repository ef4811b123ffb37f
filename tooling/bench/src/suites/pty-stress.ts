import type { CrowdOrder, CrowdSample } from '../library/crowd-sample.ts';
import { runAlone } from '../library/run-alone.ts';
import type { StressOrder, StressSample } from '../library/stress-sample.ts';
import type { Consumer } from '../library/stress-terminal.ts';
import { LINES_BYTES } from '../programs.ts';
import { median, pairedRounds, type Round, samplesOf } from '../rounds.ts';
import { bounded, comparison, type Target } from '../rows.ts';
import { onStage, progress, roundsOfThisRun, type Stage } from '../stage.ts';
import type { BenchRow, BenchSuite } from '../suite.ts';

const MIB = 1024 * 1024;
const DEFAULTS = Object.freeze({ rounds: 2, crowdRounds: 2 });
/** What a flood may cost beside the ring: the engine's young generation grows with the garbage of the reads. */
const GROWTH_MARGIN_MIB = 12;
const LAG_LIMIT_MS = 50;
/** What 25 busy terminals may have resident in all, their children left out. */
const BUSY_LIMIT_MIB = 500;
/** Overflow events come at most once a second; a timer may fire a little early by another clock. */
const OVERFLOW_INTERVAL_MS = 995;
const CONSUMERS: readonly Consumer[] = ['fast', 'slow', 'stalled', 'absent'];
const CAPACITIES_MIB = [1, 4, 16];
/** The capacity with which the rival runs too: its history is bounded alike, its queue is not bounded at all. */
const COMPARED_MIB = 4;
const OURS = 'pty-core';
const RIVAL = 'node-pty';

interface Flood {
  readonly capacityMiB: number;
  readonly consumer: Consumer;
}

interface Crowd {
  readonly terminals: number;
  readonly outputBytes: number;
}

const FLOODS: readonly Flood[] = [
  { capacityMiB: 0, consumer: 'fast' },
  ...CAPACITIES_MIB.flatMap((capacityMiB) => CONSUMERS.map((consumer) => ({ capacityMiB, consumer }))),
];
/** 25 terminals at work, each with a ring that is full; 300 that have answered once. */
const BUSY: Crowd = { terminals: 25, outputBytes: 6 * MIB };
const QUIET: Crowd = { terminals: 300, outputBytes: 0 };

/** Floods against every kind of consumer, and many terminals at once: what it costs, and whether the figures add up. */
export const suite: BenchSuite = {
  name: 'pty-stress',
  run: () =>
    onStage(async (stage) => {
      const rounds = roundsOfThisRun(DEFAULTS.rounds);
      const floods = await floodRounds(stage, rounds);
      const crowds = await crowdRounds(stage, Math.min(rounds, DEFAULTS.crowdRounds));
      report(floods);
      return [
        ...accountRows(floods),
        ...FLOODS.flatMap((flood) => floodRows(floods, flood)),
        ...crowdRows(crowds, BUSY),
        ...crowdRows(crowds, QUIET),
      ];
    }),
};

function floodRounds({ bench, programs }: Stage, rounds: number): Promise<readonly Round<StressSample>[]> {
  const script = new URL('../library/stress-process.ts', import.meta.url);
  const contestants = new Map<string, () => Promise<StressSample>>();
  for (const flood of FLOODS) {
    const capacityBytes = flood.capacityMiB * MIB;
    for (const library of isCompared(flood) ? ([OURS, RIVAL] as const) : ([OURS] as const)) {
      const order = { library, script: programs.lines.script, capacityBytes, consumer: flood.consumer };
      contestants.set(floodName(library, flood), () => runAlone(bench, script, order satisfies StressOrder));
    }
  }
  const onTurn = (round: number, name: string): void => progress(`stress ${round + 1}/${rounds} ${name}`);
  return pairedRounds(contestants, { rounds, onTurn });
}

function crowdRounds({ bench }: Stage, rounds: number): Promise<readonly Round<CrowdSample>[]> {
  const script = new URL('../library/crowd-process.ts', import.meta.url);
  const contestants = new Map<string, () => Promise<CrowdSample>>();
  for (const crowd of [BUSY, QUIET]) {
    for (const library of [OURS, RIVAL] as const) {
      const order: CrowdOrder = { library, ...crowd };
      contestants.set(crowdName(library, crowd), () => runAlone(bench, script, order));
    }
  }
  const onTurn = (round: number, name: string): void => progress(`crowd ${round + 1}/${rounds} ${name}`);
  return pairedRounds(contestants, { rounds, onTurn });
}

function isCompared({ capacityMiB }: Flood): boolean {
  return capacityMiB === COMPARED_MIB;
}

function floodName(library: string, { capacityMiB, consumer }: Flood): string {
  return `${library}, ${capacityMiB} MiB, ${consumer} consumer`;
}

function crowdName(library: string, { terminals }: Crowd): string {
  return `${library}, ${terminals} terminals`;
}

/** Whether every byte was read and every figure holds, over all floods of ours. */
function accountRows(rounds: readonly Round<StressSample>[]): BenchRow[] {
  const runs = FLOODS.flatMap((flood) =>
    samplesOf(rounds, floodName(OURS, flood)).map((sample) => ({ flood, sample, account: sample.account! })),
  );
  const fast = runs.filter(({ flood }) => flood.consumer === 'fast' && flood.capacityMiB > 0);
  const looks = sum(runs.map(({ account }) => account.looks));
  const runsWith = (what: string, has: (run: (typeof runs)[number]) => boolean): BenchRow =>
    bounded(`floods of ${runs.length} ${what}`, 'floods', runs.filter(has).length, { most: 0 });
  return [
    runsWith('that arrived with another size than was written', ({ sample }) => sample.arrivedBytes !== LINES_BYTES),
    bounded(
      `looks of ${looks} that found more than the capacity`,
      'looks',
      sum(runs.map(({ account }) => account.overCapacity)),
      { most: 0 },
    ),
    bounded(
      `looks of ${looks} that found written − dropped − delivered ≠ undelivered`,
      'looks',
      sum(runs.map(({ account }) => account.inexact)),
      { most: 0 },
    ),
    runsWith(
      'whose overflow events do not sum up to what was dropped',
      ({ account: { overflow, droppedBytes } }) => overflow.droppedBytes !== droppedBytes,
    ),
    runsWith(
      'with two overflow events within a second, the final one left out',
      ({ account: { overflow } }) => (overflow.shortestIntervalMs ?? Number.POSITIVE_INFINITY) < OVERFLOW_INTERVAL_MS,
    ),
    bounded(
      'bytes that a fast consumer missed, rings from 1 MiB',
      'bytes',
      sum(fast.map(({ account }) => account.gapBytes)),
      { most: 0 },
    ),
  ];
}

function floodRows(rounds: readonly Round<StressSample>[], flood: Flood): BenchRow[] {
  const ours = floodName(OURS, flood);
  const samples = samplesOf(rounds, ours);
  const where = `${flood.capacityMiB} MiB, ${flood.consumer} consumer`;
  const growthLimit = { most: flood.capacityMiB + GROWTH_MARGIN_MIB };
  const row = (name: string, unit: string, value: (sample: StressSample) => number): BenchRow =>
    isCompared(flood)
      ? {
          ...comparison(rounds, { name: `${name}, ${where}`, unit, ours, rival: floodName(RIVAL, flood), value }),
          rivalName: RIVAL,
        }
      : bounded(`${name}, ${where}`, unit, median(samples.map(value)));
  const worst = (value: (sample: StressSample) => number): number => Math.max(...samples.map(value));
  const consumes = flood.consumer === 'fast' || flood.consumer === 'slow';
  return [
    row('written', 'MB/s', (sample) => sample.writtenMegabytesPerSecond),
    ...(consumes ? [row('consumed', 'MB/s', (sample) => sample.consumedMegabytesPerSecond)] : []),
    row('processor time', 's', (sample) => sample.cpuSeconds),
    ...(isCompared(flood) ? [row('RSS growth', 'MiB', (sample) => sample.growthMiB)] : []),
    bounded(
      `RSS growth, worst round, ${where}`,
      'MiB',
      worst((sample) => sample.growthMiB),
      growthLimit,
    ),
    row('timer lag p99', 'ms', (sample) => sample.lagP99Ms),
    bounded(
      `timer lag, longest of all rounds, ${where}`,
      'ms',
      worst((sample) => sample.lagMaxMs),
      {
        most: LAG_LIMIT_MS,
      },
    ),
  ];
}

function crowdRows(rounds: readonly Round<CrowdSample>[], crowd: Crowd): BenchRow[] {
  const ours = crowdName(OURS, crowd);
  const samples = samplesOf(rounds, ours);
  const who = `${crowd.terminals} terminals`;
  const row = (name: string, unit: string, value: (sample: CrowdSample) => number, bound?: Target): BenchRow => ({
    ...comparison(rounds, {
      name: `${name}, ${who}`,
      unit,
      ours,
      rival: crowdName(RIVAL, crowd),
      value,
      ...(bound !== undefined && { bound }),
    }),
    rivalName: RIVAL,
  });
  return [
    row('spawn all', 's', (sample) => sample.spawnSeconds),
    row('an answer of each', 's', (sample) => sample.echoSeconds),
    row('end all', 's', (sample) => sample.endSeconds),
    row('RSS', 'MiB', (sample) => sample.residentMiB, crowd === BUSY ? { most: BUSY_LIMIT_MIB } : undefined),
    row('RSS growth per terminal', 'KiB', (sample) => sample.growthPerTerminalKiB),
    row('timer lag p99', 'ms', (sample) => sample.lagP99Ms),
    row('timer lag, longest', 'ms', (sample) => sample.lagMaxMs),
    bounded(
      `children left after the end, ${who}`,
      'processes',
      Math.max(...samples.map((sample) => sample.leftChildren)),
      { most: 0 },
    ),
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function report(rounds: readonly Round<StressSample>[]): void {
  const figures: Record<string, Record<string, number>> = {};
  for (const name of rounds[0]!.keys()) {
    const samples = samplesOf(rounds, name);
    const shown = (value: (sample: StressSample) => number): number => Number(median(samples.map(value)).toFixed(2));
    figures[name] = {
      'MB/s written': shown((sample) => sample.writtenMegabytesPerSecond),
      'MB/s consumed': shown((sample) => sample.consumedMegabytesPerSecond),
      'MB arrived': shown((sample) => sample.arrivedBytes / 1e6),
      'CPU s': shown((sample) => sample.cpuSeconds),
      'RSS growth MiB': shown((sample) => sample.growthMiB),
      'lag p99 ms': shown((sample) => sample.lagP99Ms),
      'lag max ms': shown((sample) => sample.lagMaxMs),
    };
  }
  console.table(figures);
}
