/** One measured line of a suite: ours beside one rival, and whether the target that was set for it holds. */
export interface BenchRow {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  /** The rival's figure in the same unit; `null` when the row measures only us. */
  readonly rival: number | null;
  readonly rivalName: string | null;
  /** Median of the paired ratios ours / rival, not the ratio of the medians; `null` without a rival. */
  readonly ratio: number | null;
  /** The target as a sentence fragment, such as `ratio >= 1.3`; `null` when the row only informs. */
  readonly target: string | null;
  /** Whether the target holds; `null` without a target. */
  readonly ok: boolean | null;
}

/** What a file in `suites/` exports as `suite`. */
export interface BenchSuite {
  readonly name: string;
  run(): Promise<readonly BenchRow[]>;
}
