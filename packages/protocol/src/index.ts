export type { AdmissionStatus, BreakerStatus, BulkheadStatus, LimiterStatus } from './admission-status.ts';
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
export { type AnyCommandContract, commandContract, commandContracts, requiredScope } from './command-registry.ts';
export type { AbortBashCommand, AbortBashData } from './commands/abort-bash.ts';
export type { AttachCommand, AttachData, AttachRole } from './commands/attach.ts';
export { type BashCommand, type BashData, MAX_BASH_OUTPUT_BYTES } from './commands/bash.ts';
export type { CancelCommandCommand, CancelCommandData } from './commands/cancel-command.ts';
export type { AgentOptions, CreateSessionCommand, CreateSessionData, PtyOptions } from './commands/create-session.ts';
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
export type {
  BufferStats,
  ExitInfo,
  ExitReason,
  OverflowPolicy,
  PtySessionInfo,
  PtyState,
  Retention,
  SessionInfo,
  SessionKind,
} from './session-info.ts';
export type { PtySessionState, SessionState, SignalDelivery, SignalOutcome, StateTransition } from './session-state.ts';
export type { StreamPosition, StreamRange } from './stream-position.ts';
export { type TicketData, type TicketRequest, ticketRequestSchema } from './tickets.ts';
export { isCompatible, PROTOCOL_VERSION } from './version.ts';
