import { accessSync, closeSync, constants, openSync, readSync, type Stats, statSync } from 'node:fs';
import { delimiter, isAbsolute, resolve } from 'node:path';
import { SpawnError } from './errors.ts';

const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin';
const SHEBANG_BYTES = 256;

/**
 * Finds the program a child would run and checks everything that can be checked before a fork, because after it the
 * only trace of a failure is a message in the terminal and exit code 1.
 * Searches `path` as execvp(3) does; a name with a slash is taken relative to `cwd`, an absolute directory.
 * @returns the program's absolute path.
 * @throws SpawnError naming what is wrong with the directory, the program or the interpreter of its `#!` line.
 */
export function resolveExecutable(command: string, cwd: string, path: string = DEFAULT_PATH): string {
  checkDirectory(cwd);
  if (command.includes('/')) return checkProgram(isAbsolute(command) ? command : resolve(cwd, command));
  let unusable: SpawnError | undefined;
  for (const directory of path.split(delimiter)) {
    try {
      return checkProgram(resolve(cwd, directory, command));
    } catch (error) {
      if (!(error instanceof SpawnError)) throw error;
      if (error.reason !== 'command-not-found') unusable ??= error;
    }
  }
  throw unusable ?? new SpawnError('command-not-found', `${JSON.stringify(command)} is not on the PATH`);
}

function checkDirectory(cwd: string): void {
  const name = JSON.stringify(cwd);
  let stats: Stats | undefined;
  try {
    stats = statSync(cwd, { throwIfNoEntry: false });
  } catch (cause) {
    throw new SpawnError('cwd-not-accessible', `the directory ${name} cannot be reached`, { cause });
  }
  if (stats === undefined) throw new SpawnError('cwd-not-found', `the directory ${name} does not exist`);
  if (!stats.isDirectory()) throw new SpawnError('cwd-not-a-directory', `${name} is not a directory`);
  if (!mayExecute(cwd)) throw new SpawnError('cwd-not-accessible', `the directory ${name} may not be entered`);
}

function checkProgram(file: string): string {
  const name = JSON.stringify(file);
  let stats: Stats | undefined;
  try {
    stats = statSync(file, { throwIfNoEntry: false });
  } catch (cause) {
    throw new SpawnError('command-not-found', `${name} cannot be reached`, { cause });
  }
  if (stats === undefined) throw new SpawnError('command-not-found', `${name} does not exist`);
  if (!stats.isFile() || !mayExecute(file)) throw new SpawnError('command-not-executable', `${name} is not executable`);
  const interpreter = interpreterOf(file);
  if (interpreter !== undefined && !mayExecute(interpreter)) {
    const found = `the interpreter ${JSON.stringify(interpreter)} of ${name} does not exist or is not executable`;
    throw new SpawnError('interpreter-not-found', found);
  }
  return file;
}

function mayExecute(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The program a script's `#!` line names, cut as the kernel cuts it: at a space or tab, so that a carriage return is part
 * of the name. `undefined` for binaries, unreadable files and scripts without such a line.
 */
function interpreterOf(file: string): string | undefined {
  try {
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const head = Buffer.alloc(SHEBANG_BYTES);
      const line = head.toString('latin1', 0, readSync(descriptor, head)).split('\n', 1)[0] ?? '';
      return /^#![ \t]*(\/[^ \t]+)/.exec(line)?.[1];
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}
