import type { Command, Help, HelpConfiguration } from 'commander';

const DEFAULT_COLS = 80;
/** Narrower, a description stands below what it describes. */
const MIN_DESCRIPTION_COLS = 26;
const INDENT = 6;

/** How commander lays out its part of a help: nothing is broken within a word, whatever the window, unless a word is wider. */
export const helpLayout: HelpConfiguration = {
  minWidthToWrap: 1,
  formatItem(term: string, termWidth: number, description: string, helper: Help): string {
    const cols = helper.helpWidth ?? DEFAULT_COLS;
    return described(`  ${term.padEnd(termWidth)}  `, description, cols).join('\n');
  },
};

/** What stands behind commander's part of a help, fitted to the window; for `addHelpText`. */
export function helpNotes(text: string): (context: { readonly command: Command }) => string {
  return ({ command }) => flowed(text, command.configureOutput().getOutHelpWidth?.() ?? DEFAULT_COLS);
}

/**
 * Text for a window of so many columns. Lines without indentation flow together into paragraphs; a line with a gap of two blanks is a term and what it means,
 * to which a line below that begins where the meaning does belongs as well; other lines, such as examples, stay as they are.
 */
export function flowed(text: string, cols: number): string {
  const rows: string[] = [];
  let prose: string[] = [];
  const endProse = (): void => {
    if (prose.length > 0) rows.push(...wrapped(prose.join(' '), cols));
    prose = [];
  };
  for (const line of joined(text.split('\n'))) {
    const [, term, meaning] = TERM.exec(line) ?? [];
    if (/^\S/.test(line) && term === undefined) prose.push(line);
    else {
      endProse();
      if (line.length <= cols || term === undefined || meaning === undefined) rows.push(line);
      else rows.push(...described(term, meaning, cols));
    }
  }
  endProse();
  return rows.join('\n');
}

/** A term with the blanks behind it, and what it means. */
const TERM = /^( *\S.*? {2,})(\S.*)$/;

/** Lines that go on with the meaning of the one above become one with it. */
function joined(lines: readonly string[]): string[] {
  const whole: string[] = [];
  for (const line of lines) {
    const above = TERM.exec(whole.at(-1) ?? '')?.[1];
    const indent = line.length - line.trimStart().length;
    if (above !== undefined && line !== '' && indent === above.length) whole.push(`${whole.pop()} ${line.trim()}`);
    else whole.push(line);
  }
  return whole;
}

function described(term: string, meaning: string, cols: number): string[] {
  const room = cols - term.length;
  if (meaning === '') return [term.trimEnd()];
  if (room >= MIN_DESCRIPTION_COLS) {
    const [first, ...more] = wrapped(meaning, room);
    return [term + first, ...more.map((row) => ' '.repeat(term.length) + row)];
  }
  return [term.trimEnd(), ...wrapped(meaning, cols - INDENT).map((row) => ' '.repeat(INDENT) + row)];
}

function wrapped(text: string, cols: number): string[] {
  const rows: string[] = [];
  for (const word of text.split(' ')) {
    const last = rows.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= cols) rows.push(`${rows.pop()} ${word}`);
    else rows.push(word);
  }
  return rows;
}
