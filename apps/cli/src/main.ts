import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { CommanderError, InvalidArgumentError } from 'commander';
import type { Context } from './context.ts';
import { errorText } from './error-text.ts';
import { Interrupted, OutputError } from './errors.ts';
import { EXIT_CODES, exitCodeOf } from './exit-codes.ts';
import { Interruption } from './interruption.ts';
import { Notices } from './notices.ts';
import { Output } from './output.ts';
import { createProgram } from './program.ts';
import { packageVersion } from './version.ts';

/** What `main` takes from its caller. */
export interface MainOptions {
  /** The command line without the interpreter and the script. */
  readonly args: readonly string[];
}

/** How the program is to end. */
export interface ProgramEnd {
  readonly exitCode: number;
  /** What ended it and is to be seen as that: a shell goes on with a loop or a script after an exit code, whichever it is. */
  readonly signal: NodeJS.Signals | undefined;
}

/**
 * The program `sessionctl`: does what the command line says on this process's terminal and returns how the process is to end.
 * stdout carries only what was asked for and has been taken by its reader when this resolves, and signals mean again what they usually do.
 */
export async function main({ args }: MainOptions): Promise<ProgramEnd> {
  const { stdin, stdout, stderr, env } = process;
  const version = packageVersion();
  const notices = new Notices(stderr);
  const interruption = new Interruption(process, (interrupted) => {
    interruption.stop();
    const signal = endingSignal(interrupted);
    if (signal !== undefined) process.once('exit', () => process.kill(process.pid, signal));
    process.exit(exitCodeOf(interrupted));
  });
  const output = new Output(stdout, interruption.signal, (error) => {
    if (error.code === 'EPIPE') interruption.raise('SIGPIPE');
    else interruption.fail(new OutputError(error));
  });
  // Whoever closes stderr does not want to know; what is meant for it is dropped.
  const errorOutput = new Output(stderr, interruption.signal, () => {});
  const isInteractive = stdin.isTTY === true && stdout.isTTY === true;
  const context: Context = {
    env,
    cwd: process.cwd(),
    homeDir: homedir(),
    version,
    stdin,
    screen: stdout,
    output,
    errorOutput,
    notices,
    interruption,
    isInteractive,
    resolvePath: (path) => resolve(path),
    onProcessEnd,
  };
  let exitCode: number = EXIT_CODES.ok;
  let signal: NodeJS.Signals | undefined;
  const program = createProgram(version, env, async (work) => {
    exitCode = await work(context);
  });
  process.once('uncaughtException', (error) => endWithDefect(error, notices));
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    exitCode = report(error, notices);
    signal = endingSignal(error);
  }
  await output.flush();
  await errorOutput.flush();
  if (exitCode === EXIT_CODES.ok && interruption.signal.aborted) {
    exitCode = report(interruption.signal.reason, notices);
    signal = endingSignal(interruption.signal.reason);
  }
  interruption.stop();
  return { exitCode, signal };
}

/** By what the process is to be seen to end. Node ignores SIGPIPE, and SIGQUIT would leave the memory of the process behind. */
function endingSignal(error: unknown): NodeJS.Signals | undefined {
  if (!(error instanceof Interrupted)) return undefined;
  return error.signal === 'SIGPIPE' || error.signal === 'SIGQUIT' ? undefined : error.signal;
}

/** Exceptions and rejections that nobody handles end the process through here, and so does `process.exit`. */
function onProcessEnd(act: () => void): () => void {
  process.once('exit', act);
  return () => {
    process.off('exit', act);
  };
}

/** Says what went wrong, unless it was said or asked for already. */
function report(error: unknown, notices: Notices): number {
  // Thrown by a command itself, such an error has not been printed.
  if (error instanceof InvalidArgumentError) {
    notices.say(error.message);
    return EXIT_CODES.usage;
  }
  // commander has printed its sentence; help and version arrive here too, with 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
  const exitCode = exitCodeOf(error);
  if (exitCode === EXIT_CODES.internal) notices.say(`defect: ${error instanceof Error ? error.stack : String(error)}`);
  else if (!(error instanceof Interrupted)) notices.say(errorText(error as Error));
  return exitCode;
}

function endWithDefect(error: unknown, notices: Notices): void {
  process.once('exit', () => notices.say(`defect: ${error instanceof Error ? error.stack : String(error)}`));
  process.exit(EXIT_CODES.internal);
}
