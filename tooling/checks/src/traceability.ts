import type { Finding } from './finding.ts';
import { idsInTitle, type Requirement, requirementsOf } from './requirements.ts';
import { titledTestsOf } from './titled-tests.ts';
import type { Workspace } from './workspace.ts';

export const REQUIREMENTS = 'docs/requirements.md';
export const TRACEABILITY = 'docs/traceability.md';

/** A test that proves requirements. */
interface Proof {
  readonly file: string;
  readonly title: string;
  /** What its own title names, and the titles of the groups around it. */
  readonly ids: readonly string[];
}

/**
 * Checks that requirements and tests belong together: every id of `docs/requirements.md` has a row of its own and a test,
 * every id in a title has a row, and `docs/traceability.md` is what {@link traceabilityOf} makes of them.
 */
export function checkTraceability(workspace: Workspace): Finding[] {
  const requirements = requirementsOf(workspace.files.get(REQUIREMENTS) ?? '');
  const proofs = proofsOf(workspace);
  const ids = requirements.map(({ id }) => id);
  const known = new Set(ids);
  const proven = new Set(proofs.flatMap((proof) => proof.ids));
  const findings: Finding[] = [];
  for (const id of known) {
    if (!proven.has(id)) findings.push({ file: REQUIREMENTS, problem: `has ${id}, which no title of a test names` });
    if (ids.indexOf(id) !== ids.lastIndexOf(id)) findings.push({ file: REQUIREMENTS, problem: `has ${id} twice` });
  }
  for (const { file, title, ids } of proofs) {
    for (const id of ids) {
      if (!known.has(id)) findings.push({ file, problem: `names ${id}, which ${REQUIREMENTS} has not: '${title}'` });
    }
  }
  if (workspace.files.get(TRACEABILITY) !== traceabilityOf(workspace)) {
    findings.push({ file: TRACEABILITY, problem: 'is out of date: run `npm run traceability`' });
  }
  return findings;
}

/**
 * Writes down which tests prove which requirement, as Markdown.
 *
 * The same tests give the same text: requirements in the order of their document, tests by file and then as they stand
 * there, no line numbers.
 */
export function traceabilityOf(workspace: Workspace): string {
  const proofs = proofsOf(workspace);
  const lines = [
    '# Traceability',
    '',
    'Which tests prove which [requirement](requirements.md). Written by `npm run traceability`; do not edit.',
  ];
  let section: string | undefined;
  for (const requirement of requirementsOf(workspace.files.get(REQUIREMENTS) ?? '')) {
    if (requirement.section !== section) {
      section = requirement.section;
      lines.push('', `## ${section}`);
    }
    lines.push('', ...entryOf(requirement, proofs));
  }
  return `${lines.join('\n')}\n`;
}

function entryOf({ id, statement }: Requirement, proofs: readonly Proof[]): string[] {
  const tests = proofs.filter((proof) => proof.ids.includes(id));
  return [
    `**${id}** ${statement}`,
    '',
    ...(tests.length === 0
      ? ['- no test']
      : tests.map(({ file, title }) => `- ${escaped(title)} ([${file}](../${file}))`)),
  ];
}

/** Files of tests, and suites that several of them run: `test/contract.ts`, `test/agent-contract.ts`. */
const TESTS = /^(?:packages|apps|tooling)\/(?:.*\.test|[^/]+\/test\/(?:[\w-]+-)?contract)\.ts$/;

function proofsOf({ files }: Workspace): Proof[] {
  return [...files.keys()]
    .filter((file) => TESTS.test(file))
    .sort()
    .flatMap((file) =>
      titledTestsOf(file, files.get(file) ?? '').flatMap((titles): Proof[] => {
        const parts = titles.map(idsInTitle);
        const ids = [...new Set(parts.flatMap((part) => part.ids))];
        const title = parts.flatMap(({ words }) => words || []).join(' › ');
        return ids.length === 0 ? [] : [{ file, title, ids }];
      }),
    );
}

/** Text that Markdown shows as it is; what is in backticks needs nothing. */
function escaped(title: string): string {
  return title.replace(/`[^`]*`|[\\<>*_[\]|]/g, (found) => (found.startsWith('`') ? found : `\\${found}`));
}
