import type { LatencyOrder, LatencySample, TypingSample } from '../library/latency-sample.ts';
import { runAlone } from '../library/run-alone.ts';
import type { LibraryName } from '../library/terminal-library.ts';
import { buildTimeStamper } from '../limit/time-stamper.ts';
import type { Latency } from '../measure/typing.ts';
import { median, pairedRounds, type Round, samplesOf } from '../rounds.ts';
import { comparison, selfComparison, type Target } from '../rows.ts';
import { onStage, progress, roundsOfThisRun } from '../stage.ts';
import type { BenchRow, BenchSuite } from '../suite.ts';

const DEFAULTS = Object.freeze({ rounds: 7, spawns: 50, strokes: 300, floods: 8 });
const OURS: LibraryName = 'pty-core';
const UNHELD: LibraryName = 'pty-core unheld';
const RIVAL: LibraryName = 'node-pty';

/** The library alone, without a server: starting, typing, and typing beside eight floods. */
export const suite: BenchSuite = {
  name: 'pty-latency',
  run: () =>
    onStage(async ({ bench, programs }) => {
      const { spawns, strokes, floods } = DEFAULTS;
      const rounds = roundsOfThisRun(DEFAULTS.rounds);
      const timeStamper = buildTimeStamper(bench);
      const scripts = { echo: programs.echo.script, flood: programs.flood.script };
      const script = new URL('../library/latency-process.ts', import.meta.url);
      const sample = (library: LibraryName): Promise<LatencySample> =>
        runAlone(bench, script, { library, scripts, timeStamper, spawns, strokes, floods } satisfies LatencyOrder);
      const contestants = new Map([OURS, RIVAL, UNHELD].map((name) => [name as string, () => sample(name)]));
      const onTurn = (round: number, name: string): void => progress(`latency ${round + 1}/${rounds} ${name}`);
      const samples = await pairedRounds(contestants, { rounds, onTurn });
      report(samples);
      return [
        ...percentiles(samples, 'spawn call to an active terminal', ({ spawn }) => spawn, { p95: { most: 25 } }),
        ...percentiles(samples, 'spawn call to the first output', ({ firstOutput }) => firstOutput),
        ...inputRows(samples),
        ...echoRows(samples),
      ];
    }),
};

function inputRows(rounds: readonly Round<LatencySample>[]): BenchRow[] {
  return [
    ...percentiles(rounds, 'input call, idle', ({ idle }) => idle.call),
    ...percentiles(rounds, 'input call to the child, idle', ({ idle }) => idle.input, {
      p50: { most: 5 },
      p95: { most: 15 },
      p99: { most: 1 },
    }),
    ...percentiles(rounds, 'input call to the child, beside 8 floods', ({ flooded }) => flooded.input, {
      p50: { most: 5 },
      p95: { most: 15 },
    }),
  ];
}

function echoRows(rounds: readonly Round<LatencySample>[]): BenchRow[] {
  const flooded = ({ flooded }: LatencySample): Latency => flooded.echo;
  const rate = {
    name: '8 floods in all while typing',
    unit: 'MB/s',
    ours: OURS,
    value: (sample: LatencySample) => sample.flooded.megabytesPerSecond,
  };
  return [
    ...percentiles(rounds, 'echo, idle', ({ idle }) => idle.echo),
    ...percentiles(rounds, 'echo beside 8 floods', flooded, { p99: { most: 10 } }),
    ...percentiles(rounds, 'echo beside 8 floods', flooded, {}, UNHELD),
    selfComparison(samplesOf(rounds, OURS), {
      name: 'echo p50 beside 8 floods, against our own idle',
      unit: 'ms',
      value: (sample) => sample.flooded.echo.p50,
      baseline: (sample) => sample.idle.echo.p50,
      baselineName: 'own idle p50',
      target: { most: 1.3 },
    }),
    comparison(rounds, { ...rate, rival: RIVAL, target: { least: 1 } }),
    comparison(rounds, { ...rate, rival: UNHELD }),
  ];
}

function percentiles(
  rounds: readonly Round<LatencySample>[],
  what: string,
  of: (sample: LatencySample) => Latency,
  bounds: Partial<Record<keyof Latency, Target>> = {},
  rival: LibraryName = RIVAL,
): BenchRow[] {
  return (['p50', 'p95', 'p99'] as const).map((which) => {
    const bound = bounds[which];
    return comparison(rounds, {
      name: `${what}, ${which}, against ${rival}`,
      unit: 'ms',
      ours: OURS,
      rival,
      value: (sample) => of(sample)[which],
      ...(bound !== undefined && { bound }),
    });
  });
}

function report(rounds: readonly Round<LatencySample>[]): void {
  const figures: Record<string, Record<string, number | string>> = {};
  for (const name of [OURS, UNHELD, RIVAL]) {
    const samples = samplesOf(rounds, name);
    const shown = (of: (sample: LatencySample) => Latency): string =>
      (['p50', 'p95', 'p99'] as const)
        .map((which) => median(samples.map((sample) => of(sample)[which])).toFixed(3))
        .join(' ');
    const typing = (when: string, of: (sample: LatencySample) => TypingSample): Record<string, string> => ({
      [`input ${when}`]: shown((sample) => of(sample).input),
      [`echo ${when}`]: shown((sample) => of(sample).echo),
    });
    figures[name] = {
      spawn: shown(({ spawn }) => spawn),
      ...typing('idle', ({ idle }) => idle),
      ...typing('flooded', ({ flooded }) => flooded),
      'floods MB/s': Number(median(samples.map(({ flooded }) => flooded.megabytesPerSecond)).toFixed(1)),
    };
  }
  console.table(figures);
}
