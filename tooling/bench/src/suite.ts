/**
 * One measured line of a suite: ours beside one rival, and whether the target that was set for it holds.
 *
 * Rows with `medians` are about single operations: `ours` and `rival` are the cheapest rounds and `ratio` is theirs, as
 * disturbance only ever adds; the medians of the same rounds stand beside. In all other rows the figures are medians.
 */
export interface BenchRow {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  /** The rival's figure in the same unit; `null` when the row measures only us. */
  readonly rival: number | null;
  readonly rivalName: string | null;
  /** Ours / rival; `null` without a rival. Without `medians` the median of the paired ratios, not the ratio of the medians. */
  readonly ratio: number | null;
  /** The target as a sentence fragment, such as `ratio >= 1.3`; `null` when the row only informs. */
  readonly target: string | null;
  /** Whether the target holds; `null` without a target. */
  readonly ok: boolean | null;
  /** Beside minima: both medians, and the median of the paired ratios. */
  readonly medians?: { readonly ours: number; readonly rival: number | null; readonly ratio: number | null };
}

/** What a file in `suites/` exports as `suite`. */
export interface BenchSuite {
  readonly name: string;
  run(): Promise<readonly BenchRow[]>;
}
