import type { Command, CommandMap, CommandType } from './command.ts';
import { abortBash } from './commands/abort-bash.ts';
import { attach } from './commands/attach.ts';
import { bash } from './commands/bash.ts';
import { cancelCommand } from './commands/cancel-command.ts';
import { createSession } from './commands/create-session.ts';
import { deleteSession } from './commands/delete-session.ts';
import { detach } from './commands/detach.ts';
import { getBufferStats } from './commands/get-buffer-stats.ts';
import { getCommandHistory } from './commands/get-command-history.ts';
import { getMetrics } from './commands/get-metrics.ts';
import { getStartupRecovery } from './commands/get-startup-recovery.ts';
import { getState } from './commands/get-state.ts';
import { healthCheck } from './commands/health-check.ts';
import { input } from './commands/input.ts';
import { listSessions } from './commands/list-sessions.ts';
import { readOutput } from './commands/read-output.ts';
import { resize } from './commands/resize.ts';
import { setSessionName } from './commands/set-session-name.ts';
import { signal } from './commands/signal.ts';
import { switchSession } from './commands/switch-session.ts';
import { terminate } from './commands/terminate.ts';
import { unsubscribe } from './commands/unsubscribe.ts';
import { waitFor } from './commands/wait-for.ts';
import type { CommandContract, Scope } from './contract.ts';

type ContractByType = { readonly [T in CommandType]: CommandContract<CommandMap[T][0], CommandMap[T][1]> };

const contractByType: ContractByType = {
  list_sessions: listSessions,
  create_session: createSession,
  delete_session: deleteSession,
  get_metrics: getMetrics,
  health_check: healthCheck,
  get_startup_recovery: getStartupRecovery,
  get_command_history: getCommandHistory,
  cancel_command: cancelCommand,
  attach,
  detach,
  switch_session: switchSession,
  unsubscribe,
  get_state: getState,
  set_session_name: setSessionName,
  input,
  resize,
  signal,
  terminate,
  read_output: readOutput,
  get_buffer_stats: getBufferStats,
  wait_for: waitFor,
  bash,
  abort_bash: abortBash,
};

/** The contract of some command: what the union of all contracts has in common. */
export type AnyCommandContract = CommandContract<Command, unknown>;

/** Every command contract by type, in the order of the documentation; a Map, so that `__proto__` and `constructor` are no commands. */
export const commandContracts: ReadonlyMap<string, AnyCommandContract> = new Map(
  Object.values(contractByType as Readonly<Record<CommandType, AnyCommandContract>>).map((entry) => [
    entry.type,
    entry,
  ]),
);

/** The contract of a command type, or `undefined` for anything that is none. */
export function commandContract<T extends CommandType>(type: T): ContractByType[T];
export function commandContract(type: string): AnyCommandContract | undefined;
export function commandContract(type: string): AnyCommandContract | undefined {
  return commandContracts.get(type);
}

/** The scope that this very command needs, which for some commands depends on their fields; `null` when being known is enough. */
export function requiredScope(command: Command): Scope | null {
  return commandContracts.get(command.type)!.scopeOf(command);
}
