import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A line of two numbers makes it write the lines between them; this one makes it end. */
export const QUIT = 'quit\n';

/** How long the lines are that it writes. */
const LINE_BYTES = 100;

/**
 * Writes the script that runs in the sessions: writes lines when it is told to, and what it wrote as SHA-256 into a file at its end.
 * Takes the path of that file as its argument.
 */
export function writeSoakProgram(directory: string): string {
  const path = join(directory, 'soak.sh');
  const lines = [
    'stty raw -echo',
    'mkfifo "$1.pipe"',
    'sha256sum < "$1.pipe" > "$1" &',
    `while read -r from to && [ "$from" != quit ]; do seq -f '%${LINE_BYTES - 1}.0f' "$from" "$to"; done | tee "$1.pipe"`,
    'wait',
  ];
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}
