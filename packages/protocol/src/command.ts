import type { AgentCommandMap } from './agent-command.ts';
import type { AbortBashCommand, AbortBashData } from './commands/abort-bash.ts';
import type { ListStoredSessionsCommand, ListStoredSessionsData } from './commands/agent/list-stored-sessions.ts';
import type { LoadSessionCommand, LoadSessionData } from './commands/agent/load-session.ts';
import type { AttachCommand, AttachData } from './commands/attach.ts';
import type { BashCommand, BashData } from './commands/bash.ts';
import type { CancelCommandCommand, CancelCommandData } from './commands/cancel-command.ts';
import type { CreateSessionCommand, CreateSessionData } from './commands/create-session.ts';
import type { DeleteSessionCommand, DeleteSessionData } from './commands/delete-session.ts';
import type { DetachCommand, DetachData } from './commands/detach.ts';
import type { GetBufferStatsCommand, GetBufferStatsData } from './commands/get-buffer-stats.ts';
import type { GetCommandHistoryCommand, GetCommandHistoryData } from './commands/get-command-history.ts';
import type { GetMetricsCommand, GetMetricsData } from './commands/get-metrics.ts';
import type { GetStartupRecoveryCommand, GetStartupRecoveryData } from './commands/get-startup-recovery.ts';
import type { GetStateCommand, GetStateData } from './commands/get-state.ts';
import type { HealthCheckCommand, HealthCheckData } from './commands/health-check.ts';
import type { InputCommand, InputData } from './commands/input.ts';
import type { ListSessionsCommand, ListSessionsData } from './commands/list-sessions.ts';
import type { ReadOutputCommand, ReadOutputData } from './commands/read-output.ts';
import type { ResizeCommand, ResizeData } from './commands/resize.ts';
import type { SetSessionNameCommand, SetSessionNameData } from './commands/set-session-name.ts';
import type { SignalCommand, SignalData } from './commands/signal.ts';
import type { SwitchSessionCommand, SwitchSessionData } from './commands/switch-session.ts';
import type { TerminateCommand, TerminateData } from './commands/terminate.ts';
import type { UnsubscribeCommand, UnsubscribeData } from './commands/unsubscribe.ts';
import type { WaitForCommand, WaitForData } from './commands/wait-for.ts';

/** Every command with the data of its successful response; the registry does not compile without a contract for each. */
export interface CommandMap extends AgentCommandMap {
  list_sessions: [ListSessionsCommand, ListSessionsData];
  create_session: [CreateSessionCommand, CreateSessionData];
  delete_session: [DeleteSessionCommand, DeleteSessionData];
  get_metrics: [GetMetricsCommand, GetMetricsData];
  health_check: [HealthCheckCommand, HealthCheckData];
  get_startup_recovery: [GetStartupRecoveryCommand, GetStartupRecoveryData];
  get_command_history: [GetCommandHistoryCommand, GetCommandHistoryData];
  cancel_command: [CancelCommandCommand, CancelCommandData];
  list_stored_sessions: [ListStoredSessionsCommand, ListStoredSessionsData];
  load_session: [LoadSessionCommand, LoadSessionData];
  attach: [AttachCommand, AttachData];
  detach: [DetachCommand, DetachData];
  switch_session: [SwitchSessionCommand, SwitchSessionData];
  unsubscribe: [UnsubscribeCommand, UnsubscribeData];
  get_state: [GetStateCommand, GetStateData];
  set_session_name: [SetSessionNameCommand, SetSessionNameData];
  input: [InputCommand, InputData];
  resize: [ResizeCommand, ResizeData];
  signal: [SignalCommand, SignalData];
  terminate: [TerminateCommand, TerminateData];
  read_output: [ReadOutputCommand, ReadOutputData];
  get_buffer_stats: [GetBufferStatsCommand, GetBufferStatsData];
  wait_for: [WaitForCommand, WaitForData];
  bash: [BashCommand, BashData];
  abort_bash: [AbortBashCommand, AbortBashData];
}

/** The `type` of a command. */
export type CommandType = keyof CommandMap;

/** The command of a type; without a type the union of all, discriminated by `type`. */
export type Command<T extends CommandType = CommandType> = CommandMap[T][0];

/** The data that a successful response to a command of type `T` carries. */
export type ResponseDataOf<T extends CommandType> = CommandMap[T][1];
