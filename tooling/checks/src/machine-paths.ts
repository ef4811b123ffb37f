import type { Finding } from './finding.ts';
import type { Workspace } from './workspace.ts';

/** Home directories of people; documentation writes `~` or `$HOME`. Tests may make people up. */
const HOME = /(?:\/home\/(?!\$|<)[\w.-]+|\/Users\/(?!\$|<)[\w.-]+|\/root)\/|[A-Z]:\\Users\\/;

/**
 * Checks that no file names a place that exists on one machine only: a home directory, or one of `places` (the folder
 * that this checkout lies in).
 */
export function checkMachinePaths({ files }: Workspace, places: readonly string[]): Finding[] {
  return [...files].flatMap(([file, text]) => {
    const isTest = /\.test\.[cm]?[jt]sx?$/.test(file);
    return text.split('\n').flatMap((line, index): Finding[] => {
      const found = (isTest ? null : HOME.exec(line)?.[0]) ?? places.find((place) => line.includes(place));
      return found === undefined
        ? []
        : [{ file: `${file}:${index + 1}`, problem: `names ${found}, a path of one machine` }];
    });
  });
}
