/**
 * The value below which `share` of what was counted lies, or `NaN` if nothing was.
 *
 * Inside of a bucket values are taken as evenly spread. The first bucket begins at 0, or at its bound where that is not above 0; what lies above
 * the last bound counts as that bound, so the answer is never more. The way Prometheus's `histogram_quantile` does it.
 *
 * @param counts values per bucket, not cumulative; one more than there are bounds.
 * @param share above 0 and at most 1.
 */
export function percentile(counts: ArrayLike<number>, bounds: readonly number[], share: number): number {
  let total = 0;
  for (let index = 0; index < counts.length; index++) total += counts[index]!;
  if (!(total > 0)) return Number.NaN;
  const rank = share * total;
  let below = 0;
  for (let index = 0; index < bounds.length; index++) {
    const inBucket = counts[index]!;
    const upper = bounds[index]!;
    if (inBucket > 0 && below + inBucket >= rank) {
      const lower = bounds[index - 1] ?? Math.min(0, upper);
      return lower + (upper - lower) * ((rank - below) / inBucket);
    }
    below += inBucket;
  }
  return bounds.at(-1) ?? Number.NaN;
}
