import { UsageError } from './errors.ts';

/**
 * A line of shell that runs a program with exactly these arguments, whatever they hold; the program takes the place of the shell.
 *
 * @throws UsageError for a program that the shell would take for an option.
 */
export function execLine(words: readonly string[]): string {
  if (words[0]?.startsWith('-') === true) throw new UsageError(`Cannot exec: the program may not begin with a dash`);
  return ['exec', ...words.map(quoted)].join(' ');
}

/** Within single quotes only a single quote means something. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
