import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../context.ts';

/**
 * Lets the caller's editor (`VISUAL`, else `EDITOR`) work on a text and resolves with what it left, less the newline at its end; with
 * `undefined` when it failed or there is none. The text is in a file that only the caller can read, and gone afterwards.
 */
export async function editText(text: string, env: Context['env']): Promise<string | undefined> {
  const editor = env['VISUAL'] || env['EDITOR'];
  if (editor === undefined || editor === '') return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'sessionctl-'));
  const file = join(folder, 'message.md');
  try {
    writeFileSync(file, text, { mode: 0o600 });
    // As git has it: the variable is a line of shell, the file its last argument.
    const child = spawn('sh', ['-c', `${editor} "$1"`, editor, file], { stdio: 'inherit' });
    const status = await new Promise<number | null>((resolve) => {
      child.once('error', () => resolve(null));
      child.once('exit', resolve);
    });
    return status === 0 ? readFileSync(file, 'utf8').replace(/\r?\n$/, '') : undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
