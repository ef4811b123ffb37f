import { Command } from 'commander';
import type { Context } from '../context.ts';
import type { TargetOptions } from '../discovery.ts';

/** The options that every command has. */
export interface CommonOptions extends TargetOptions {
  readonly json?: boolean;
}

/** Builds one command; `context` is there once it runs, and what it returns is the exit code. */
export type CommandFactory = (run: RunCommand, env: Context['env']) => Command;

/** Runs the work of a command and remembers its exit code. */
export type RunCommand = (work: (context: Context) => Promise<number>) => Promise<void>;

/** A command with a name, a sentence, and the options that every command has. */
export function command(name: string, description: string): Command {
  return withCommonOptions(new Command(name).description(description).helpOption('--help', 'Print this help.'));
}

/** Adds where the daemon is and how to print; the program has them too, so that they can stand before the command. */
export function withCommonOptions(target: Command): Command {
  return target
    .option('--socket <path>', "Unix socket of the daemon (env: SESSIOND_SOCKET, default: this user's daemon)")
    .option('--url <url>', 'URL of the daemon, such as ws://127.0.0.1:3141 (env: SESSIOND_URL)')
    .option('--token <token>', "token for --url (env: SESSIOND_TOKEN, default on this machine: the daemon's own)")
    .option('--json', 'print JSON: one document, or one line per piece of a stream');
}
