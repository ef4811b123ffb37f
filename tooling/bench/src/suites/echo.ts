import { sessiond } from '../contenders/sessiond.ts';
import { buildPtyReader } from '../limit/pty-reader.ts';
import { type EchoSample, echoSample } from '../measure/echo-sample.ts';
import { type Latency, latency } from '../measure/typing.ts';
import { median, pairedRounds, type Round, samplesOf } from '../rounds.ts';
import { comparison, selfComparison } from '../rows.ts';
import { runField } from '../run-field.ts';
import { progress, roundsOfThisRun } from '../stage.ts';
import type { BenchRow, BenchSuite } from '../suite.ts';

const DEFAULTS = Object.freeze({ rounds: 7, roundTrips: 400, floods: 8 });

/** Typing: one byte there and back, alone and while eight terminals of the same server flood. */
export const suite: BenchSuite = {
  name: 'echo',
  run: () =>
    runField(async (run) => {
      const { roundTrips, floods } = DEFAULTS;
      const rounds = roundsOfThisRun(DEFAULTS.rounds);
      await run.startAll();
      const contestants = new Map(
        run.contenders.map((contender) => [
          contender.name,
          () => echoSample(run.bench, contender, run.server(contender), run.programs, { roundTrips, floods }),
        ]),
      );
      const onTurn = (round: number, name: string): void => progress(`echo ${round + 1}/${rounds} ${name}`);
      const samples = await pairedRounds(contestants, { rounds, onTurn });
      const limit = buildPtyReader(run.bench);
      const limitLatency = latency(await limit.echo(run.programs.echo, roundTrips));
      await run.stopAll();
      const names = run.contenders.map(({ name }) => name);
      report(names, samples, limit.name, limitLatency);
      if (!names.includes(sessiond.name)) return [];
      return [
        ...names.filter((name) => name !== sessiond.name).flatMap((rival) => rivalRows(samples, rival)),
        ...ownRows(samplesOf(samples, sessiond.name)),
      ];
    }),
};

function rivalRows(rounds: readonly Round<EchoSample>[], rival: string): BenchRow[] {
  const ours = sessiond.name;
  const yardstick = rival === 'naive';
  const times = { unit: 'ms', ours, rival };
  return [
    comparison(rounds, {
      ...times,
      name: `echo p50 idle, against ${rival}`,
      value: (sample) => sample.idle.p50,
      ...(yardstick ? { target: { most: 1 } } : {}),
    }),
    comparison(rounds, { ...times, name: `echo p99 idle, against ${rival}`, value: (sample) => sample.idle.p99 }),
    comparison(rounds, {
      ...times,
      name: `echo p50 beside 8 floods, against ${rival}`,
      value: (sample) => sample.flooded.p50,
    }),
    comparison(rounds, {
      ...times,
      name: `echo p99 beside 8 floods, against ${rival}`,
      value: (sample) => sample.flooded.p99,
    }),
    comparison(rounds, {
      name: `8 floods in all while typing, against ${rival}`,
      unit: 'MB/s',
      ours,
      rival,
      value: (sample) => sample.floodMegabytesPerSecond,
      ...(yardstick ? { target: { least: 1 } } : {}),
    }),
  ];
}

function ownRows(samples: readonly EchoSample[]): BenchRow[] {
  return [
    selfComparison(samples, {
      name: 'echo p50 beside 8 floods, against our own idle',
      unit: 'ms',
      value: (sample) => sample.flooded.p50,
      baseline: (sample) => sample.idle.p50,
      baselineName: 'own idle p50',
      target: { most: 1.3 },
    }),
    selfComparison(samples, {
      name: 'echo p99 beside 8 floods, against our own idle',
      unit: 'ms',
      value: (sample) => sample.flooded.p99,
      baseline: (sample) => sample.idle.p99,
      baselineName: 'own idle p99',
      target: { most: 1.5 },
    }),
  ];
}

function report(names: readonly string[], rounds: readonly Round<EchoSample>[], limit: string, idle: Latency): void {
  const figures: Record<string, Record<string, number>> = {};
  const value = (name: string, of: (sample: EchoSample) => number): number =>
    Number(median(samplesOf(rounds, name).map(of)).toFixed(3));
  for (const name of names) {
    figures[name] = {
      'p50 idle': value(name, (sample) => sample.idle.p50),
      'p99 idle': value(name, (sample) => sample.idle.p99),
      'p50 flooded': value(name, (sample) => sample.flooded.p50),
      'p99 flooded': value(name, (sample) => sample.flooded.p99),
      'floods MB/s': value(name, (sample) => sample.floodMegabytesPerSecond),
    };
  }
  figures[limit] = { 'p50 idle': idle.p50, 'p99 idle': idle.p99 };
  console.table(figures);
}
