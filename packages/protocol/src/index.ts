export type { AdmissionStatus, BreakerStatus, BulkheadStatus, LimiterStatus } from './admission-status.ts';
export type { DialogAnswer, DialogEnd, DialogMethod, DialogRequest } from './agent/agent-dialog.ts';
export type {
  AgentEvent,
  AgentEventMap,
  AgentEventType,
  AssistantMessageEvent,
  MessageDelta,
  ToolCallDelta,
  ToolCallStart,
} from './agent/agent-events.ts';
export type {
  AgentMessage,
  ImageContent,
  MessageContent,
  MessageRole,
  StopReason,
  TextContent,
  ThinkingContent,
  TokenUsage,
  ToolCallContent,
} from './agent/agent-message.ts';
export type { AgentModel } from './agent/agent-model.ts';
export type { AgentOptions } from './agent/agent-options.ts';
export type { AgentPhase, AgentSessionInfo, AgentSessionState, AgentTransition } from './agent/agent-session-info.ts';
export type { DeltaMessage } from './agent/delta-message.ts';
export { deltaOf, GrowingTexts, goesOn, isPiece, type PieceEvent, withDelta } from './agent/growing-text.ts';
export type { QueueMode } from './agent/queue-mode.ts';
export type { StoredSession } from './agent/stored-session.ts';
export type { AgentCommand, AgentCommandMap, AgentCommandType } from './agent-command.ts';
export { decodeBase64, encodeBase64 } from './base64.ts';
export { type BytesMessage, bytesMessage } from './bytes-message.ts';
export { type DecodedClientLine, decodeClientLine } from './client-line.ts';
export {
  type ClientMessage,
  type DecodedClientMessage,
  type DecodedCommand,
  type DecodeOptions,
  decodeClientMessage,
  decodeCommand,
  type RefusedMessage,
  warmUpDecoding,
} from './client-message.ts';
export { type CloseCode, closeCodes } from './close-codes.ts';
export type { Command, CommandMap, CommandType, ResponseDataOf } from './command.ts';
export {
  type AnyCommandContract,
  agentCommandTypes,
  commandContract,
  commandContracts,
  requiredScope,
} from './command-registry.ts';
export type { AbortBashCommand, AbortBashData } from './commands/abort-bash.ts';
export type { AbortCommand, AbortData } from './commands/agent/abort.ts';
export type { AbortCompactionCommand, AbortCompactionData } from './commands/agent/abort-compaction.ts';
export type { AbortRetryCommand, AbortRetryData } from './commands/agent/abort-retry.ts';
export type { CloneCommand, CloneData } from './commands/agent/clone.ts';
export type { CompactCommand, CompactData } from './commands/agent/compact.ts';
export type { CycleModelCommand, CycleModelData } from './commands/agent/cycle-model.ts';
export type { CycleThinkingLevelCommand, CycleThinkingLevelData } from './commands/agent/cycle-thinking-level.ts';
export type { ExportHtmlCommand, ExportHtmlData } from './commands/agent/export-html.ts';
export type { ExtensionUiResponseCommand, ExtensionUiResponseData } from './commands/agent/extension-ui-response.ts';
export type { FollowUpCommand, FollowUpData } from './commands/agent/follow-up.ts';
export type { ForkCommand, ForkData } from './commands/agent/fork.ts';
export type { GetAvailableModelsCommand, GetAvailableModelsData } from './commands/agent/get-available-models.ts';
export type { AgentCommandInfo, GetCommandsCommand, GetCommandsData } from './commands/agent/get-commands.ts';
export type { GetContextUsageCommand, GetContextUsageData } from './commands/agent/get-context-usage.ts';
export type { ForkMessage, GetForkMessagesCommand, GetForkMessagesData } from './commands/agent/get-fork-messages.ts';
export type {
  GetLastAssistantTextCommand,
  GetLastAssistantTextData,
} from './commands/agent/get-last-assistant-text.ts';
export type { GetMessagesCommand, GetMessagesData } from './commands/agent/get-messages.ts';
export type { GetSessionStatsCommand, GetSessionStatsData } from './commands/agent/get-session-stats.ts';
export type { AgentSkill, GetSkillsCommand, GetSkillsData } from './commands/agent/get-skills.ts';
export type { AgentTool, GetToolsCommand, GetToolsData } from './commands/agent/get-tools.ts';
export type { GetTreeCommand, GetTreeData, TreeEntry } from './commands/agent/get-tree.ts';
export type { ListPendingUiCommand, ListPendingUiData } from './commands/agent/list-pending-ui.ts';
export type { ListSessionFilesCommand, ListSessionFilesData } from './commands/agent/list-session-files.ts';
export type { ListStoredSessionsCommand, ListStoredSessionsData } from './commands/agent/list-stored-sessions.ts';
export type { LoadSessionCommand, LoadSessionData } from './commands/agent/load-session.ts';
export type { NavigateTreeCommand, NavigateTreeData } from './commands/agent/navigate-tree.ts';
export type { NewSessionCommand, NewSessionData } from './commands/agent/new-session.ts';
export type { PromptCommand, PromptData } from './commands/agent/prompt.ts';
export type { SetAutoCompactionCommand, SetAutoCompactionData } from './commands/agent/set-auto-compaction.ts';
export type { SetAutoRetryCommand, SetAutoRetryData } from './commands/agent/set-auto-retry.ts';
export type { SetFollowUpModeCommand, SetFollowUpModeData } from './commands/agent/set-follow-up-mode.ts';
export type { SetModelCommand, SetModelData } from './commands/agent/set-model.ts';
export type { SetSteeringModeCommand, SetSteeringModeData } from './commands/agent/set-steering-mode.ts';
export type { SetThinkingLevelCommand, SetThinkingLevelData } from './commands/agent/set-thinking-level.ts';
export type { SteerCommand, SteerData } from './commands/agent/steer.ts';
export type { SwitchSessionFileCommand, SwitchSessionFileData } from './commands/agent/switch-session-file.ts';
export type { AttachCommand, AttachData, AttachRole } from './commands/attach.ts';
export { type BashCommand, type BashData, MAX_BASH_OUTPUT_BYTES } from './commands/bash.ts';
export type { CancelCommandCommand, CancelCommandData } from './commands/cancel-command.ts';
export type { CreateSessionCommand, CreateSessionData, PtyOptions } from './commands/create-session.ts';
export type { DeleteSessionCommand, DeleteSessionData } from './commands/delete-session.ts';
export type { DetachCommand, DetachData } from './commands/detach.ts';
export type { GetBufferStatsCommand, GetBufferStatsData } from './commands/get-buffer-stats.ts';
export type {
  GetCommandHistoryCommand,
  GetCommandHistoryData,
  RecordedCommand,
} from './commands/get-command-history.ts';
export type { GetMetricsCommand, GetMetricsData, MetricSample } from './commands/get-metrics.ts';
export type {
  GetStartupRecoveryCommand,
  GetStartupRecoveryData,
  InterruptedCommand,
} from './commands/get-startup-recovery.ts';
export type { GetStateCommand, GetStateData } from './commands/get-state.ts';
export type { HealthCheck, HealthCheckCommand, HealthCheckData } from './commands/health-check.ts';
export type { InputCommand, InputData } from './commands/input.ts';
export type { ListSessionsCommand, ListSessionsData } from './commands/list-sessions.ts';
export type { ReadOutputCommand, ReadOutputData } from './commands/read-output.ts';
export type { ResizeCommand, ResizeData } from './commands/resize.ts';
export type { SetSessionNameCommand, SetSessionNameData } from './commands/set-session-name.ts';
export type { SignalCommand, SignalData, SignalName } from './commands/signal.ts';
export type { SwitchSessionCommand, SwitchSessionData } from './commands/switch-session.ts';
export type { TerminateCommand, TerminateData } from './commands/terminate.ts';
export type { UnsubscribeCommand, UnsubscribeData } from './commands/unsubscribe.ts';
export type { WaitForCommand, WaitForData } from './commands/wait-for.ts';
export {
  type CommandContract,
  type CommandEnvelope,
  type CommandTarget,
  defaultTimeoutsMs,
  type Scope,
  type SessionAccess,
  type SessionCommandEnvelope,
  scopes,
  type TimeoutClass,
} from './contract.ts';
export {
  type ErrorCode,
  type ErrorCodeEntry,
  errorCodes,
  isErrorCode,
  isProtocolError,
  ProtocolError,
  type ProtocolErrorOptions,
  type ProtocolFault,
  type RetryAdvice,
} from './errors.ts';
export {
  type BashEvent,
  type BashEventMap,
  type BashEventType,
  type CommandLabels,
  type EventMessage,
  type EventType,
  type ExpiryReason,
  eventTypes,
  isEventOf,
  type KnownEvent,
  type PtyEvent,
  type PtyEventLabels,
  type PtyEventMap,
  type PtyEventType,
  type ServerEvent,
  type ServerEventMap,
  type ServerEventOrigin,
  type ServerEventType,
  type SessionEventMessage,
  type SessionEventOrigin,
  serverEvent,
  sessionEvent,
} from './events.ts';
export type { ExitInfo, ExitReason } from './exit-info.ts';
export { MAX_DURATION_MS } from './fields.ts';
export {
  type AckFrame,
  type DecodedFrame,
  decodeFrame,
  type EndFrame,
  encodeFrame,
  FRAME_HEADER_BYTES,
  type Frame,
  type FrameFault,
  type FrameHeader,
  type FrameKind,
  type GapFrame,
  type InputFrame,
  type OutputFrame,
  writeFrameHeader,
  writeOutputHeader,
} from './frame.ts';
export {
  type CommandEventsWish,
  type Hello,
  type PrincipalInfo,
  type ServerLimits,
  type ServerMemory,
  type ServerReady,
  type ServerReadyData,
  serverReady,
} from './handshake.ts';
export {
  ID_PATTERN,
  isCommandId,
  isId,
  isSessionId,
  RESERVED_ID_PREFIX,
  SESSION_GLOB_PATTERN,
  SESSION_ID_PATTERN,
} from './ids.ts';
export type { JsonObject } from './json-object.ts';
export {
  type JournalMode,
  type RecoverySummary,
  type StartupRecoverySummary,
  startupRecoverySummary,
} from './recovery-summary.ts';
export {
  BYTES_COMMAND,
  errorFromResponse,
  type FailureResponse,
  failureResponse,
  type Response,
  type ResponseExtras,
  type SuccessResponse,
  successResponse,
  UNREADABLE_COMMAND,
} from './responses.ts';
export { type DecodedServerLine, decodeServerLine } from './server-line.ts';
export {
  type DecodedServerMessage,
  decodeServerMessage,
  type ServerMessage,
  type UnknownMessage,
} from './server-message.ts';
export type { Retention } from './session-fields.ts';
export type {
  BufferStats,
  OverflowPolicy,
  PtySessionInfo,
  PtyState,
  SessionInfo,
  SessionKind,
} from './session-info.ts';
export type { PtySessionState, SessionState, SignalDelivery, SignalOutcome, StateTransition } from './session-state.ts';
export type { StreamPosition, StreamRange } from './stream-position.ts';
export { type TicketData, type TicketRequest, ticketRequestSchema } from './tickets.ts';
export { isCompatible, PROTOCOL_VERSION } from './version.ts';
