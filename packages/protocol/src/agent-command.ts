import type { AbortCommand, AbortData } from './commands/agent/abort.ts';
import type { AbortCompactionCommand, AbortCompactionData } from './commands/agent/abort-compaction.ts';
import type { AbortRetryCommand, AbortRetryData } from './commands/agent/abort-retry.ts';
import type { CloneCommand, CloneData } from './commands/agent/clone.ts';
import type { CompactCommand, CompactData } from './commands/agent/compact.ts';
import type { CycleModelCommand, CycleModelData } from './commands/agent/cycle-model.ts';
import type { CycleThinkingLevelCommand, CycleThinkingLevelData } from './commands/agent/cycle-thinking-level.ts';
import type { ExportHtmlCommand, ExportHtmlData } from './commands/agent/export-html.ts';
import type { ExtensionUiResponseCommand, ExtensionUiResponseData } from './commands/agent/extension-ui-response.ts';
import type { FollowUpCommand, FollowUpData } from './commands/agent/follow-up.ts';
import type { ForkCommand, ForkData } from './commands/agent/fork.ts';
import type { GetAvailableModelsCommand, GetAvailableModelsData } from './commands/agent/get-available-models.ts';
import type { GetCommandsCommand, GetCommandsData } from './commands/agent/get-commands.ts';
import type { GetContextUsageCommand, GetContextUsageData } from './commands/agent/get-context-usage.ts';
import type { GetForkMessagesCommand, GetForkMessagesData } from './commands/agent/get-fork-messages.ts';
import type {
  GetLastAssistantTextCommand,
  GetLastAssistantTextData,
} from './commands/agent/get-last-assistant-text.ts';
import type { GetMessagesCommand, GetMessagesData } from './commands/agent/get-messages.ts';
import type { GetSessionStatsCommand, GetSessionStatsData } from './commands/agent/get-session-stats.ts';
import type { GetSkillsCommand, GetSkillsData } from './commands/agent/get-skills.ts';
import type { GetToolsCommand, GetToolsData } from './commands/agent/get-tools.ts';
import type { GetTreeCommand, GetTreeData } from './commands/agent/get-tree.ts';
import type { ListPendingUiCommand, ListPendingUiData } from './commands/agent/list-pending-ui.ts';
import type { ListSessionFilesCommand, ListSessionFilesData } from './commands/agent/list-session-files.ts';
import type { NavigateTreeCommand, NavigateTreeData } from './commands/agent/navigate-tree.ts';
import type { NewSessionCommand, NewSessionData } from './commands/agent/new-session.ts';
import type { PromptCommand, PromptData } from './commands/agent/prompt.ts';
import type { SetAutoCompactionCommand, SetAutoCompactionData } from './commands/agent/set-auto-compaction.ts';
import type { SetAutoRetryCommand, SetAutoRetryData } from './commands/agent/set-auto-retry.ts';
import type { SetFollowUpModeCommand, SetFollowUpModeData } from './commands/agent/set-follow-up-mode.ts';
import type { SetModelCommand, SetModelData } from './commands/agent/set-model.ts';
import type { SetSteeringModeCommand, SetSteeringModeData } from './commands/agent/set-steering-mode.ts';
import type { SetThinkingLevelCommand, SetThinkingLevelData } from './commands/agent/set-thinking-level.ts';
import type { SteerCommand, SteerData } from './commands/agent/steer.ts';
import type { SwitchSessionFileCommand, SwitchSessionFileData } from './commands/agent/switch-session-file.ts';

/** Every command that only an agent session knows, with the data of its successful response. */
export interface AgentCommandMap {
  prompt: [PromptCommand, PromptData];
  steer: [SteerCommand, SteerData];
  follow_up: [FollowUpCommand, FollowUpData];
  abort: [AbortCommand, AbortData];
  list_pending_ui: [ListPendingUiCommand, ListPendingUiData];
  extension_ui_response: [ExtensionUiResponseCommand, ExtensionUiResponseData];
  get_messages: [GetMessagesCommand, GetMessagesData];
  get_available_models: [GetAvailableModelsCommand, GetAvailableModelsData];
  get_commands: [GetCommandsCommand, GetCommandsData];
  get_skills: [GetSkillsCommand, GetSkillsData];
  get_tools: [GetToolsCommand, GetToolsData];
  list_session_files: [ListSessionFilesCommand, ListSessionFilesData];
  get_session_stats: [GetSessionStatsCommand, GetSessionStatsData];
  get_context_usage: [GetContextUsageCommand, GetContextUsageData];
  get_last_assistant_text: [GetLastAssistantTextCommand, GetLastAssistantTextData];
  get_fork_messages: [GetForkMessagesCommand, GetForkMessagesData];
  get_tree: [GetTreeCommand, GetTreeData];
  set_model: [SetModelCommand, SetModelData];
  cycle_model: [CycleModelCommand, CycleModelData];
  set_thinking_level: [SetThinkingLevelCommand, SetThinkingLevelData];
  cycle_thinking_level: [CycleThinkingLevelCommand, CycleThinkingLevelData];
  compact: [CompactCommand, CompactData];
  abort_compaction: [AbortCompactionCommand, AbortCompactionData];
  set_auto_compaction: [SetAutoCompactionCommand, SetAutoCompactionData];
  set_auto_retry: [SetAutoRetryCommand, SetAutoRetryData];
  abort_retry: [AbortRetryCommand, AbortRetryData];
  set_steering_mode: [SetSteeringModeCommand, SetSteeringModeData];
  set_follow_up_mode: [SetFollowUpModeCommand, SetFollowUpModeData];
  new_session: [NewSessionCommand, NewSessionData];
  fork: [ForkCommand, ForkData];
  clone: [CloneCommand, CloneData];
  navigate_tree: [NavigateTreeCommand, NavigateTreeData];
  switch_session_file: [SwitchSessionFileCommand, SwitchSessionFileData];
  export_html: [ExportHtmlCommand, ExportHtmlData];
}

/** The `type` of a command that only an agent session knows. */
export type AgentCommandType = keyof AgentCommandMap;

/** The command of an agent session of a type; without a type the union of all. */
export type AgentCommand<T extends AgentCommandType = AgentCommandType> = AgentCommandMap[T][0];
