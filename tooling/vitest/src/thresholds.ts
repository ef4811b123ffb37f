/** How many lines of a source file could be covered, and how many were. */
export interface CoveredLines {
  readonly covered: number;
  readonly total: number;
}

/** A share of the lines that tests have to run. */
export interface Threshold {
  readonly name: string;
  /** Paths from the root of the repository: files, folders that end in `/`, or `''` for everything. */
  readonly paths: readonly string[];
  /** Percent, over all files of all paths together. */
  readonly minPercent: number;
}

/** What became of a threshold. */
export interface Judgement {
  readonly threshold: Threshold;
  /** Rounded down, so that a share below the threshold never looks like it. */
  readonly percent: number;
  /** Paths without any line in the report, such as a file that was renamed. */
  readonly missing: readonly string[];
  readonly isMet: boolean;
}

/**
 * Compares the lines that were covered, by path from the root of the repository, with thresholds.
 *
 * A path that the report does not know fails its threshold: a rename must not switch it off.
 */
export function judge(report: ReadonlyMap<string, CoveredLines>, thresholds: readonly Threshold[]): Judgement[] {
  const files = [...report];
  const isIn = (file: string, path: string): boolean =>
    file === path || (/(?:^|\/)$/.test(path) && file.startsWith(path));
  return thresholds.map((threshold) => {
    const { paths, minPercent } = threshold;
    const counted = files.filter(([file]) => paths.some((path) => isIn(file, path)));
    const covered = counted.reduce((sum, [, lines]) => sum + lines.covered, 0);
    const total = counted.reduce((sum, [, lines]) => sum + lines.total, 0);
    const missing = paths.filter((path) => !counted.some(([file, lines]) => isIn(file, path) && lines.total > 0));
    const percent = total === 0 ? 0 : Math.floor((covered * 1_000) / total) / 10;
    return { threshold, percent, missing, isMet: missing.length === 0 && covered * 100 >= minPercent * total };
  });
}
