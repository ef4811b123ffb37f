import type {
  CounterDescriptor,
  GaugeDescriptor,
  HistogramDescriptor,
  UpDownCounterDescriptor,
} from '@sessiond/metrics-sinks';

/** What a row of the catalogue says beside name and kind. */
export interface Row<L extends string> {
  readonly unit: string;
  readonly help: string;
  readonly labelNames?: readonly L[];
}

/** A sum that only rises. */
export function counter<L extends string = never>(name: string, row: Row<L>): CounterDescriptor<L> {
  return Object.freeze({ kind: 'counter', name, ...row });
}

/** A sum that rises and falls. */
export function level<L extends string = never>(name: string, row: Row<L>): UpDownCounterDescriptor<L> {
  return Object.freeze({ kind: 'upDownCounter', name, ...row });
}

/** A value as it is now, which means nothing when added up. */
export function gauge<L extends string = never>(name: string, row: Row<L>): GaugeDescriptor<L> {
  return Object.freeze({ kind: 'gauge', name, ...row });
}

/** How often values fell below each of the bounds. */
export function histogram<L extends string = never>(
  name: string,
  row: Row<L> & { readonly buckets: readonly number[] },
): HistogramDescriptor<L> {
  return Object.freeze({ kind: 'histogram', name, ...row });
}
