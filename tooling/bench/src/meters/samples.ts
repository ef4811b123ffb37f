/** Label sets that the recording works go round. */
export const LABEL_SETS: readonly { readonly direction: string; readonly kind: string }[] = [0, 1, 2, 3].flatMap(
  (kind) => [
    { direction: 'in', kind: `k${kind}` },
    { direction: 'out', kind: `k${kind}` },
  ],
);

/** Seconds, from a tenth of a millisecond to a minute, as durations of commands are spread. */
export const DURATIONS: readonly number[] = Array.from(
  { length: 64 },
  (_, index) => 0.000_1 * 1.23 ** ((index * 37) % 64),
);

/** Upper bounds for them. */
export const BUCKETS: readonly number[] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60];

/** Metrics and series of each, of the works with many series, and what such a scrape has at least. */
export const MANY: { readonly metrics: number; readonly series: number; readonly bytes: number } = {
  metrics: 10,
  series: 1_000,
  bytes: 400_000,
};
