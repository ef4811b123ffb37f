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
