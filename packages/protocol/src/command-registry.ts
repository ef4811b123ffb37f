import type { AgentCommandType } from './agent-command.ts';
import type { Command, CommandMap, CommandType } from './command.ts';
import { abortBash } from './commands/abort-bash.ts';
import { abort } from './commands/agent/abort.ts';
import { abortCompaction } from './commands/agent/abort-compaction.ts';
import { abortRetry } from './commands/agent/abort-retry.ts';
import { clone } from './commands/agent/clone.ts';
import { compact } from './commands/agent/compact.ts';
import { cycleModel } from './commands/agent/cycle-model.ts';
import { cycleThinkingLevel } from './commands/agent/cycle-thinking-level.ts';
import { exportHtml } from './commands/agent/export-html.ts';
import { extensionUiResponse } from './commands/agent/extension-ui-response.ts';
import { followUp } from './commands/agent/follow-up.ts';
import { fork } from './commands/agent/fork.ts';
import { getAvailableModels } from './commands/agent/get-available-models.ts';
import { getCommands } from './commands/agent/get-commands.ts';
import { getContextUsage } from './commands/agent/get-context-usage.ts';
import { getForkMessages } from './commands/agent/get-fork-messages.ts';
import { getLastAssistantText } from './commands/agent/get-last-assistant-text.ts';
import { getMessages } from './commands/agent/get-messages.ts';
import { getSessionStats } from './commands/agent/get-session-stats.ts';
import { getSkills } from './commands/agent/get-skills.ts';
import { getTools } from './commands/agent/get-tools.ts';
import { getTree } from './commands/agent/get-tree.ts';
import { listPendingUi } from './commands/agent/list-pending-ui.ts';
import { listSessionFiles } from './commands/agent/list-session-files.ts';
import { listStoredSessions } from './commands/agent/list-stored-sessions.ts';
import { loadSession } from './commands/agent/load-session.ts';
import { navigateTree } from './commands/agent/navigate-tree.ts';
import { newSession } from './commands/agent/new-session.ts';
import { prompt } from './commands/agent/prompt.ts';
import { setAutoCompaction } from './commands/agent/set-auto-compaction.ts';
import { setAutoRetry } from './commands/agent/set-auto-retry.ts';
import { setFollowUpMode } from './commands/agent/set-follow-up-mode.ts';
import { setModel } from './commands/agent/set-model.ts';
import { setSteeringMode } from './commands/agent/set-steering-mode.ts';
import { setThinkingLevel } from './commands/agent/set-thinking-level.ts';
import { steer } from './commands/agent/steer.ts';
import { switchSessionFile } from './commands/agent/switch-session-file.ts';
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
  list_stored_sessions: listStoredSessions,
  load_session: loadSession,
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
  prompt,
  steer,
  follow_up: followUp,
  abort,
  list_pending_ui: listPendingUi,
  extension_ui_response: extensionUiResponse,
  get_messages: getMessages,
  get_available_models: getAvailableModels,
  get_commands: getCommands,
  get_skills: getSkills,
  get_tools: getTools,
  list_session_files: listSessionFiles,
  get_session_stats: getSessionStats,
  get_context_usage: getContextUsage,
  get_last_assistant_text: getLastAssistantText,
  get_fork_messages: getForkMessages,
  get_tree: getTree,
  set_model: setModel,
  cycle_model: cycleModel,
  set_thinking_level: setThinkingLevel,
  cycle_thinking_level: cycleThinkingLevel,
  compact,
  abort_compaction: abortCompaction,
  set_auto_compaction: setAutoCompaction,
  set_auto_retry: setAutoRetry,
  abort_retry: abortRetry,
  set_steering_mode: setSteeringMode,
  set_follow_up_mode: setFollowUpMode,
  new_session: newSession,
  fork,
  clone,
  navigate_tree: navigateTree,
  switch_session_file: switchSessionFile,
  export_html: exportHtml,
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

/** Every command that only an agent session knows, in the order of the documentation. */
export const agentCommandTypes: readonly AgentCommandType[] = [...commandContracts.values()]
  .filter(({ appliesTo }) => appliesTo === 'agent')
  .map(({ type }) => type as AgentCommandType);

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
