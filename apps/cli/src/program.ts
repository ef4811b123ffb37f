import { Command } from 'commander';
import { agent } from './commands/agent.ts';
import { attach } from './commands/attach.ts';
import { type CommandFactory, type RunCommand, withCommonOptions } from './commands/command.ts';
import { doctor } from './commands/doctor.ts';
import { exec } from './commands/exec.ts';
import { health } from './commands/health.ts';
import { info } from './commands/info.ts';
import { kill } from './commands/kill.ts';
import { list } from './commands/list.ts';
import { logs } from './commands/logs.ts';
import { remove } from './commands/remove.ts';
import { resize } from './commands/resize.ts';
import { run } from './commands/run.ts';
import { send } from './commands/send.ts';
import { signal } from './commands/signal.ts';
import { token } from './commands/token.ts';
import { top } from './commands/top.ts';
import { wait } from './commands/wait.ts';
import type { Context } from './context.ts';
import { EXIT_CODE_HELP } from './exit-codes.ts';
import { helpLayout, helpNotes } from './help-layout.ts';

const COMMANDS: readonly CommandFactory[] = [
  run,
  attach,
  exec,
  agent,
  list,
  logs,
  send,
  resize,
  signal,
  kill,
  wait,
  info,
  remove,
  health,
  top,
  doctor,
  token,
];

/** The command line of `sessionctl`; commander ends parsing with a `CommanderError` instead of the process. */
export function createProgram(version: string, env: Context['env'], execute: RunCommand): Command {
  const program = withCommonOptions(new Command('sessionctl'))
    .description('Terminals and coding agents on a sessiond daemon, which outlive the clients that watch them.')
    .version(version, '--version', 'Print the version.')
    .helpOption('--help', 'Print this help.')
    .helpCommand('help [command]', 'Print the help of a command.')
    .configureHelp(helpLayout)
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'sessionctl: ')) })
    .enablePositionalOptions()
    .showHelpAfterError('(--help shows how it is used)')
    .addHelpText('after', helpNotes(`\n${EXIT_CODE_HELP}`))
    .exitOverride();
  for (const factory of COMMANDS) {
    const subcommand = factory(execute, env).copyInheritedSettings(program);
    for (const nested of subcommand.commands) nested.copyInheritedSettings(subcommand);
    program.addCommand(subcommand);
  }
  return program;
}
