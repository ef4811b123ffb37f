// What a client needs at run time, without the schemas of commands: nothing here loads zod.
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
export { GrowingTexts } from './agent/growing-text.ts';
export type { QueueMode } from './agent/queue-mode.ts';
export type { StoredSession } from './agent/stored-session.ts';
export type { AgentCommand, AgentCommandMap, AgentCommandType } from './agent-command.ts';
export { decodeBase64, encodeBase64 } from './base64.ts';
export { type BytesMessage, bytesMessage } from './bytes-message.ts';
export { type CloseCode, closeCodes } from './close-codes.ts';
export type { Command, CommandMap, CommandType, ResponseDataOf } from './command.ts';
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
  type EventMessage,
  type EventType,
  eventTypes,
  isEventOf,
  type KnownEvent,
  type PtyEvent,
  type PtyEventType,
  type ServerEvent,
  type ServerEventType,
} from './events.ts';
export type { ExitInfo, ExitReason } from './exit-info.ts';
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
export type {
  CommandEventsWish,
  Hello,
  PrincipalInfo,
  ServerLimits,
  ServerMemory,
  ServerReady,
  ServerReadyData,
} from './handshake.ts';
export { ID_PATTERN, isCommandId, isId, isSessionId, RESERVED_ID_PREFIX, SESSION_ID_PATTERN } from './ids.ts';
export type { JsonObject } from './json-object.ts';
export {
  BYTES_COMMAND,
  errorFromResponse,
  type FailureResponse,
  type Response,
  type SuccessResponse,
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
export { isCompatible, PROTOCOL_VERSION } from './version.ts';
