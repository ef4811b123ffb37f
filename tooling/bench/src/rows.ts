import { median, medianRatio, type Round, samplesOf } from './rounds.ts';
import type { BenchRow } from './suite.ts';

/** A bound that was set for a row's ratio, or for its value where there is no rival. */
export interface Target {
  readonly least?: number;
  readonly most?: number;
}

/** Ours beside one rival, from paired rounds. */
export interface ComparisonOptions<Sample> {
  readonly name: string;
  readonly unit: string;
  readonly ours: string;
  readonly rival: string;
  readonly value: (sample: Sample) => number;
  /** A bound for the ratio. */
  readonly target?: Target;
  /** A bound for our own median instead; `target` is not looked at then. */
  readonly bound?: Target;
}

/** A row with both medians and the median of the paired ratios. */
export function comparison<Sample>(
  rounds: readonly Round<Sample>[],
  { name, unit, ours, rival, value, target, bound }: ComparisonOptions<Sample>,
): BenchRow {
  const ratio = medianRatio(rounds, ours, rival, value);
  const own = median(samplesOf(rounds, ours).map(value));
  return {
    name,
    unit,
    ours: rounded(own),
    rival: rounded(median(samplesOf(rounds, rival).map(value))),
    rivalName: rival,
    ratio: rounded(ratio),
    ...(bound === undefined ? judged('ratio', ratio, target) : judged('value', own, bound)),
  };
}

/** Ours beside one rival or none, from paired rounds of one operation. */
export interface CheapestOptions {
  readonly name: string;
  readonly unit: string;
  readonly ours: string;
  readonly rival?: string;
  /** What a sample is divided by to be in that unit; by default 1. */
  readonly per?: number;
  /** A bound for the ratio of the minima. */
  readonly target?: Target;
  /** A bound for our own minimum instead. */
  readonly bound?: Target;
}

/** A row with both minima, which it judges, and the medians of the same rounds. */
export function cheapest(rounds: readonly Round<number>[], options: CheapestOptions): BenchRow {
  const { name, unit, ours, rival, per = 1, target, bound } = options;
  const own = samplesOf(rounds, ours).map((sample) => sample / per);
  const least = Math.min(...own);
  const judgement = bound === undefined ? undefined : judged('value', least, bound);
  if (rival === undefined) {
    const medians = { ours: rounded(median(own)), rival: null, ratio: null };
    return { ...bounded(name, unit, least), ...judgement, medians };
  }
  const others = samplesOf(rounds, rival).map((sample) => sample / per);
  const ratio = least / Math.min(...others);
  return {
    name,
    unit,
    ours: rounded(least),
    rival: rounded(Math.min(...others)),
    rivalName: rival,
    ratio: rounded(ratio),
    ...(judgement ?? judged('ratio', ratio, target)),
    medians: {
      ours: rounded(median(own)),
      rival: rounded(median(others)),
      ratio: rounded(medianRatio(rounds, ours, rival, (sample) => sample)),
    },
  };
}

/** A row about one value of ours beside another of ours, paired by round; the target is about their ratio. */
export function selfComparison<Sample>(
  samples: readonly Sample[],
  options: {
    readonly name: string;
    readonly unit: string;
    readonly value: (sample: Sample) => number;
    readonly baseline: (sample: Sample) => number;
    readonly baselineName: string;
    readonly target: Target;
  },
): BenchRow {
  const ratio = median(samples.map((sample) => options.value(sample) / options.baseline(sample)));
  return {
    name: options.name,
    unit: options.unit,
    ours: rounded(median(samples.map(options.value))),
    rival: rounded(median(samples.map(options.baseline))),
    rivalName: options.baselineName,
    ratio: rounded(ratio),
    ...judged('ratio', ratio, options.target),
  };
}

/** A row whose target, if any, is about our own value. */
export function bounded(name: string, unit: string, ours: number, target?: Target): BenchRow {
  return {
    name,
    unit,
    ours: rounded(ours),
    rival: null,
    rivalName: null,
    ratio: null,
    ...judged('value', ours, target),
  };
}

function judged(what: string, value: number, target: Target | undefined): Pick<BenchRow, 'target' | 'ok'> {
  if (target?.least !== undefined) return { target: `${what} >= ${target.least}`, ok: value >= target.least };
  if (target?.most !== undefined) return { target: `${what} <= ${target.most}`, ok: value <= target.most };
  return { target: null, ok: null };
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
