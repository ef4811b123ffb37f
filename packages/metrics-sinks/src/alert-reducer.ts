import type { ResolvedAlertRule } from './alert-rule.ts';
import { Growth } from './growth.ts';
import { percentile } from './percentile.ts';
import type { HistogramReading, ValueReading } from './reading.ts';

/** One series of any kind, live. */
export type SeriesReading = ValueReading | HistogramReading;

/** The series that make up one number. */
export interface ReducedSeries {
  readonly of: readonly SeriesReading[];
  /** Those to divide by, with `ratio`. */
  readonly over: readonly SeriesReading[];
  /** Upper bounds of the histograms; empty for other kinds. */
  readonly buckets: readonly number[];
}

const NOTHING: ReducedSeries = Object.freeze({ of: [], over: [], buckets: [] });
const SHARES: Readonly<Record<string, number>> = Object.freeze({ p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 });

/** Makes one number of the series of an alert, the way its rule says; reading it allocates nothing. */
export class AlertReducer {
  readonly #rule: ResolvedAlertRule;
  #series = NOTHING;
  #totals = new Float64Array(0);
  #growth: Growth | undefined;

  constructor(rule: ResolvedAlertRule) {
    this.#rule = rule;
  }

  /** Reads these series from now on. What they counted before they were ever looked at is growth since `since`. */
  attach(series: ReducedSeries, since: number): void {
    this.#series = series;
    if (this.#growth !== undefined || series.of.length + series.over.length === 0) return;
    this.#totals = new Float64Array(widthOf(this.#rule, series));
    this.#growth = new Growth(this.#totals, this.#rule.windowMs, since);
  }

  /** Forgets what the series have counted until `now`. */
  restart(now: number): void {
    this.#total();
    this.#growth?.restart(this.#totals, now);
  }

  /** The number as it is now, `null` if there is none. */
  read(now: number): number | null {
    const { of, buckets } = this.#series;
    const { reduce } = this.#rule;
    if (this.#growth === undefined) return null;
    if (reduce === 'value') return of.length === 0 ? null : sumOf(of);
    this.#total();
    const elapsedMs = this.#growth.read(this.#totals, now);
    const { grown } = this.#growth;
    if (reduce === 'rate') return elapsedMs > 0 ? (grown[0]! * 1_000) / elapsedMs : null;
    if (reduce === 'ratio') return grown[1]! > 0 ? grown[0]! / grown[1]! : null;
    const value = percentile(grown, buckets, SHARES[reduce]!);
    return Number.isNaN(value) ? null : value;
  }

  /** Adds up what the series have counted so far. */
  #total(): void {
    const { of, over } = this.#series;
    const totals = this.#totals;
    if (this.#rule.reduce === 'rate' || this.#rule.reduce === 'ratio') {
      totals[0] = sumOf(of);
      if (totals.length > 1) totals[1] = sumOf(over);
      return;
    }
    totals.fill(0);
    for (const series of of) {
      if (!('counts' in series)) continue;
      for (let index = 0; index < totals.length; index++) totals[index]! += series.counts[index]!;
    }
  }
}

function widthOf({ reduce }: ResolvedAlertRule, { buckets }: ReducedSeries): number {
  if (reduce === 'value') return 0;
  if (reduce === 'rate') return 1;
  return reduce === 'ratio' ? 2 : buckets.length + 1;
}

/** The sum of all values; of histograms, how many values they counted. */
function sumOf(series: readonly SeriesReading[]): number {
  let sum = 0;
  for (const one of series) sum += 'counts' in one ? one.count : one.value;
  return sum;
}
