/** Something that has to hold, as a row of `docs/requirements.md` says it. */
export interface Requirement {
  readonly id: string;
  readonly statement: string;
  /** The heading above its table, without the `#`. */
  readonly section: string;
}

/** Capitals, then numbers: `B05`, `T017`, `FR-007-003`. */
const ID = /^[A-Z][A-Z-]*\d+(?:-\d+)*$/;

/**
 * Reads the requirements of a Markdown document: every table row whose first cell is an id, plain or in backticks, with
 * its second cell as the statement. Rows come in the order of the document; an id that has two rows comes twice.
 */
export function requirementsOf(markdown: string): Requirement[] {
  const requirements: Requirement[] = [];
  let section = '';
  for (const line of markdown.split('\n')) {
    section = /^#+ +(.*)/.exec(line)?.[1]?.trim() ?? section;
    if (!line.startsWith('|')) continue;
    const [, first = '', statement = ''] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    const id = first.replace(/^`(.*)`$/, '$1');
    if (ID.test(id)) requirements.push({ id, statement: statement.replaceAll('\\|', '|'), section });
  }
  return requirements;
}

/** Splits a title into the ids it names in brackets, `[B05] [FR-007-003]` or `[B05, FR-007-003]`, and what it says. */
export function idsInTitle(title: string): { readonly ids: readonly string[]; readonly words: string } {
  const ids: string[] = [];
  const words = title.replace(/\[([^[\]]*)\]\s*/g, (whole, list: string) => {
    const named = list.split(/[\s,]+/);
    if (!named.every((id) => ID.test(id))) return whole;
    ids.push(...named);
    return '';
  });
  return { ids, words: words.trim() };
}
