import { InvalidLabelsError, InvalidSinkOptionError } from './errors.ts';
import type { Labels, MetricDescriptor } from './metric.ts';

const DEFAULTS = Object.freeze({
  /** Enough for any labels that code chooses from; too few for one that input chooses. */
  maxLabelSets: 200,
});
/** Series are kept for good, and so are their labels. More than any value has that code chooses; backends refuse from 2,048 on. */
const MAX_VALUE_LENGTH = 1_024;
/** Half of a character: formats write any of them as the same replacement character, so that series would come out alike. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** How many series sinks keep. */
export interface LabelBudgetOptions {
  /**
   * Label sets of one metric that get a series of their own; 200 by default, 0 is none. The rest shares the series `overflow="true"`, and so does
   * a value of more than 1,024 characters, or one that is not well-formed Unicode. A metric without labels always has its one series.
   */
  readonly maxLabelSets?: number;
}

/** The labels of the series that stands for every label set beyond the budget. */
export const OVERFLOW_LABELS: Labels = Object.freeze({ overflow: 'true' });

/** @throws InvalidSinkOptionError unless the budget is an integer of at least 0. */
export function resolveMaxLabelSets(options: LabelBudgetOptions): number {
  const maxLabelSets = options.maxLabelSets ?? DEFAULTS.maxLabelSets;
  if (!Number.isSafeInteger(maxLabelSets) || maxLabelSets < 0) {
    throw new InvalidSinkOptionError('maxLabelSets', String(maxLabelSets), 'allowed are integers of at least 0');
  }
  return maxLabelSets;
}

/**
 * The series of one metric by their labels, bounded: the first `maxLabelSets` label sets get a series each, all others share one more. A set with a
 * value that no series should have, too long or not well-formed Unicode, is one of the others.
 *
 * Nothing is ever removed, so a handle that is kept stays the handle of its series.
 */
export class LabelBudget<S> {
  readonly #metric: string;
  readonly #labelNames: readonly string[];
  readonly #maxLabelSets: number;
  readonly #create: (labels: Labels) => S;
  readonly #byKey = new Map<string, S>();
  readonly #series: S[] = [];
  #shared: S | undefined;
  #overflowed = 0;

  /** @param create makes a series; the labels it gets are frozen, complete and in the order of the descriptor. */
  constructor(descriptor: MetricDescriptor, maxLabelSets: number, create: (labels: Labels) => S) {
    this.#metric = descriptor.name;
    this.#labelNames = descriptor.labelNames ?? [];
    this.#maxLabelSets = this.#labelNames.length === 0 ? 1 : maxLabelSets;
    this.#create = create;
  }

  /** Every series there is, in the order they were made; live, to be read only. */
  get series(): readonly S[] {
    return this.#series;
  }

  /** How often a series was asked for that had to be the shared one. */
  get overflowed(): number {
    return this.#overflowed;
  }

  /**
   * The series with these labels, made at first use, or the shared one.
   *
   * @throws InvalidLabelsError if the labels are not exactly those of the metric, or not strings.
   */
  get(labels: Labels): S {
    const key = labelKey(this.#metric, this.#labelNames, labels);
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    if (this.#byKey.size >= this.#maxLabelSets || !this.#labelNames.every((name) => isKeepable(labels[name]!))) {
      this.#overflowed++;
      this.#shared ??= this.#add(OVERFLOW_LABELS);
      return this.#shared;
    }
    const series = this.#add(Object.freeze(Object.fromEntries(this.#labelNames.map((name) => [name, labels[name]!]))));
    this.#byKey.set(key, series);
    return series;
  }

  #add(labels: Labels): S {
    const series = this.#create(labels);
    this.#series.push(series);
    return series;
  }
}

function isKeepable(value: string): boolean {
  return value.length <= MAX_VALUE_LENGTH && !LONE_SURROGATE.test(value);
}

/**
 * One string for one label set of a metric, whatever the order of the labels; different sets have different strings.
 *
 * @throws InvalidLabelsError if the labels are not exactly those of the metric, or not strings.
 */
export function labelKey(metric: string, labelNames: readonly string[], labels: Labels): string {
  let key = '';
  for (const name of labelNames) {
    const value = Object.hasOwn(labels, name) ? labels[name] : undefined;
    if (typeof value !== 'string') {
      throw new InvalidLabelsError(
        metric,
        `${name} is ${value === undefined ? 'missing' : `a ${typeof value}`}`,
        labelNames,
      );
    }
    // With its length in front no value can look like the end of itself and the start of the next.
    key += labelNames.length === 1 ? value : `${value.length}:${value}`;
  }
  for (const name in labels) {
    if (labelNames.includes(name)) continue;
    throw new InvalidLabelsError(metric, `${name} is not one of its labels`, labelNames);
  }
  return key;
}
