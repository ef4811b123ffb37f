import type { Labels } from './metric.ts';
import type { Counter, Gauge, Histogram, UpDownCounter } from './sink.ts';

/** Amounts of one metric that no series could take. */
export interface InvalidAmounts {
  invalid: number;
}

/** A sum that only grows. */
export class CounterSeries implements Counter {
  readonly labels: Labels;
  readonly #invalid: InvalidAmounts;
  #value = 0;

  constructor(labels: Labels, invalid: InvalidAmounts) {
    this.labels = labels;
    this.#invalid = invalid;
  }

  get value(): number {
    return this.#value;
  }

  add(amount = 1): void {
    const sum = this.#value + amount;
    if (amount >= 0 && Number.isFinite(sum)) this.#value = sum;
    else this.#invalid.invalid++;
  }

  raiseTo(total: number): void {
    if (!Number.isFinite(total)) this.#invalid.invalid++;
    else if (total > this.#value) this.#value = total;
  }
}

/** A sum that grows and falls. */
export class UpDownCounterSeries implements UpDownCounter {
  readonly labels: Labels;
  readonly #invalid: InvalidAmounts;
  #value = 0;

  constructor(labels: Labels, invalid: InvalidAmounts) {
    this.labels = labels;
    this.#invalid = invalid;
  }

  get value(): number {
    return this.#value;
  }

  add(amount: number): void {
    const sum = this.#value + amount;
    if (Number.isFinite(sum)) this.#value = sum;
    else this.#invalid.invalid++;
  }
}

/** A value of now; `NaN` until it was first set. */
export class GaugeSeries implements Gauge {
  readonly labels: Labels;
  readonly #invalid: InvalidAmounts;
  #value = Number.NaN;

  constructor(labels: Labels, invalid: InvalidAmounts) {
    this.labels = labels;
    this.#invalid = invalid;
  }

  get value(): number {
    return this.#value;
  }

  set(value: number): void {
    if (Number.isFinite(value)) this.#value = value;
    else this.#invalid.invalid++;
  }
}

/** How values are spread over buckets. */
export class HistogramSeries implements Histogram {
  readonly labels: Labels;
  /** Values per bucket, not cumulative; one more than there are bounds. */
  readonly counts: Float64Array;
  readonly #bounds: Float64Array;
  readonly #invalid: InvalidAmounts;
  #sum = 0;

  constructor(labels: Labels, invalid: InvalidAmounts, bounds: Float64Array) {
    this.labels = labels;
    this.counts = new Float64Array(bounds.length + 1);
    this.#bounds = bounds;
    this.#invalid = invalid;
  }

  get sum(): number {
    return this.#sum;
  }

  get count(): number {
    let count = 0;
    for (const inBucket of this.counts) count += inBucket;
    return count;
  }

  record(value: number): void {
    const sum = this.#sum + value;
    if (!(value >= 0 && Number.isFinite(sum))) {
      this.#invalid.invalid++;
      return;
    }
    this.#sum = sum;
    // The first bucket whose upper bound is not below the value.
    const bounds = this.#bounds;
    let low = 0;
    let high = bounds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (value <= bounds[middle]!) high = middle;
      else low = middle + 1;
    }
    this.counts[low]!++;
  }
}
