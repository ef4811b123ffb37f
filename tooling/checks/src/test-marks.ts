import type { Finding } from './finding.ts';
import type { Workspace } from './workspace.ts';

const MARKS: readonly (readonly [RegExp, string])[] = [
  [/\b(?:describe|it|test|suite|bench)(?:\.\w+)*\.only\b/, 'runs only a part of the tests'],
  [
    /\b(?:describe|it|test|suite)(?:\.\w+)*\.(?:skip|todo|skipIf|runIf)\b/,
    "skips without a reason: call context.skip('reason')",
  ],
  [/\b(?:context|ctx)\.skip\(\s*\)|[{,]\s*skip\s*}.*\bskip\(\s*\)/, 'skips without a reason'],
];

/** Checks that no test file leaves tests out: neither by `.only` nor by a skip that does not say why. */
export function checkTestMarks({ files }: Workspace): Finding[] {
  return [...files].flatMap(([file, text]) => {
    if (!/\.test\.[cm]?[jt]sx?$/.test(file)) return [];
    return text
      .split('\n')
      .flatMap((line, index) =>
        MARKS.flatMap(([mark, problem]): Finding[] =>
          mark.test(line) ? [{ file: `${file}:${index + 1}`, problem }] : [],
        ),
      );
  });
}
