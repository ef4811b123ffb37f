import type { BreakerStatus } from './admission-status.ts';
import type { AgentEvent, AgentEventType } from './agent/agent-events.ts';
import type { ErrorCode } from './errors.ts';
import type { ExitInfo } from './exit-info.ts';
import type { BufferStats, PtyState, SessionInfo } from './session-info.ts';
import type { SignalOutcome } from './session-state.ts';

/** What every event of a terminal carries. */
export interface PtyEventLabels {
  readonly ptyId: string;
  readonly laneId: string;
  readonly sessionId: string;
  readonly terminalId: string;
  /** Monotonic milliseconds of the server: differences between events are exact, the value itself means nothing. */
  readonly timestamp: number;
  /** The same moment on the wall clock, RFC 3339. */
  readonly ts: string;
}

/** What each event of a terminal tells beside its labels. */
export interface PtyEventMap {
  /** The program runs. */
  'pty.spawned': { readonly pid: number; readonly cols: number; readonly rows: number };
  /** The terminal went from one state to another. */
  'pty.state.changed': { readonly from: PtyState | 'idle'; readonly to: PtyState; readonly cause: string };
  /** Output came: how much since the last event of this kind, never which. */
  'pty.output': { readonly bytes: number; readonly endOffset: number };
  /** Something about the terminal failed. */
  'pty.error': { readonly message: string };
  /** The program ended; `pty.stopped` follows once its output is over, which background jobs may delay. */
  'pty.exited': ExitInfo;
  /** Program and output are over; the last event of a terminal. */
  'pty.stopped': ExitInfo & { readonly endOffset: number };
  /** The size changed. */
  'pty.resized': {
    readonly cols: number;
    readonly rows: number;
    readonly oldCols: number;
    readonly oldRows: number;
  };
  /** A signal was sent, or could not be. */
  'pty.signal.delivered': {
    readonly signal: string;
    readonly outcome: SignalOutcome;
    /** The leader of the process group it was for. */
    readonly pid: number;
    /** Why it reached nobody. */
    readonly error?: string;
  };
  /** The end begins: SIGTERM now and SIGKILL after the grace period, or SIGKILL now if there is none. */
  'pty.terminating': { readonly gracePeriodMs: number };
  /** The grace period passed and SIGKILL was sent. */
  'pty.force_killed': Record<never, never>;
  /** There was no output for the idle timeout. */
  'pty.idle_timeout': { readonly idleTimeoutMs: number };
  /** The buffer fills with undelivered output. */
  'pty.backpressure.on': { readonly utilization: number; readonly stats: BufferStats };
  /** The buffer has room again. */
  'pty.backpressure.off': { readonly utilization: number; readonly stats: BufferStats };
  /** Undelivered output was overwritten; at most once a second, the sums are exact. */
  'pty.buffer.overflow': {
    readonly droppedBytesSinceLastEvent: number;
    readonly totalDroppedBytes: number;
    readonly bufferUtilization: number;
  };
}

/** What each event of a `bash` command tells; `correlationId` names the command. */
export interface BashEventMap {
  /** The shell runs. */
  'bash.started': { readonly pid: number };
  /** It wrote something; exactly one of `data` and `dataBase64`. Not in the session's log, and without `seq`. */
  'bash.output': {
    readonly stream: 'stdout' | 'stderr';
    /** Of the first byte within everything the command has written so far, to either stream: a hole says that output was left out. */
    readonly offset: number;
    /** How many bytes these are. */
    readonly bytes: number;
    /** The bytes as text, where they are UTF-8; no character is torn apart. */
    readonly data?: string;
    /** The bytes where they are no UTF-8. */
    readonly dataBase64?: string;
  };
  /** The shell has ended, by itself or not, and what it wrote has been told. */
  'bash.finished': {
    /** How it came: the shell ended by itself (`exit`, also by a signal it got), at the deadline, or because somebody ended it. */
    readonly reason: 'exit' | 'timeout' | 'aborted';
    readonly exitCode: number | null;
    readonly signal: string | null;
    /** Everything that was written. */
    readonly totalBytes: number;
    readonly durationMs: number;
  };
}

/** Which limit ends a session: that on its age, or that on the time without input and output. */
export type ExpiryReason = 'lifetime' | 'idle';

/** What each event of the server or of a command tells. */
export interface ServerEventMap {
  /** A session exists now; to those who may see it. */
  session_created: { readonly session: SessionInfo };
  /** A session exists no longer. */
  session_deleted: { readonly sessionId: string; readonly reason: 'deleted' | 'expired' | 'shutdown' };
  /** A limit on the session's age (`lifetime`) or on its silence (`idle`) ends its program in `inMs`; input or output puts an idle end off. */
  session_expiring: { readonly reason: ExpiryReason; readonly inMs: number };
  /** The server ends within `timeoutMs`; new commands are refused from now on. */
  server_shutdown: { readonly reason: string; readonly timeoutMs: number };
  /** Programs of an earlier run of the server that still ran were looked for at its start. */
  orphans_reconciled: {
    /** Processes that an earlier run left behind. */
    readonly found: number;
    /** Those that sessions of this run have taken over. */
    readonly reattached: number;
    /** Those that were ended. */
    readonly terminated: number;
  };
  /** A breaker lets calls through again, or none, or a few to see whether it is over. */
  breaker_changed: {
    /** As in `get_metrics`: `spawn`, `bash`, `provider`. */
    readonly breaker: string;
    /** Whose calls: of everybody, of the session that `sessionId` names, of the principal who is told, or of those who ask the model that `model` names. */
    readonly scope: 'global' | 'session' | 'principal' | 'provider';
    readonly sessionId?: string;
    /** `provider/id`. */
    readonly model?: string;
    readonly from: BreakerStatus['state'];
    readonly to: BreakerStatus['state'];
  };
  /** A command was admitted. */
  command_accepted: CommandLabels;
  /** A command began to execute, after waiting in its lane. */
  command_started: CommandLabels & { readonly waitedMs: number };
  /** A command has its outcome; the response follows. */
  command_finished: CommandLabels & {
    readonly success: boolean;
    readonly code?: ErrorCode;
    readonly durationMs: number;
    readonly replayed?: true;
  };
}

/** Which command an event is about. */
export interface CommandLabels {
  readonly command: string;
  /** Absent if the command had no id. */
  readonly commandId?: string;
}

/** The `type` of an event of a terminal. */
export type PtyEventType = keyof PtyEventMap;

/** The `type` of an event of a `bash` command. */
export type BashEventType = keyof BashEventMap;

/** The `type` of an event of the server or of a command. */
export type ServerEventType = keyof ServerEventMap;

/** The `type` of any event this version knows. */
export type EventType = PtyEventType | BashEventType | AgentEventType | ServerEventType;

/** The terminal event of a type; without a type the union of all. */
export type PtyEvent<T extends PtyEventType = PtyEventType> = {
  [K in T]: { readonly type: K } & PtyEventLabels & PtyEventMap[K];
}[T];

/** The event of a `bash` command of a type; without a type the union of all. */
export type BashEvent<T extends BashEventType = BashEventType> = {
  [K in T]: { readonly type: K } & BashEventMap[K];
}[T];

/** The server or command event of a type; without a type the union of all. */
export type ServerEvent<T extends ServerEventType = ServerEventType> = {
  [K in T]: { readonly type: K } & ServerEventMap[K];
}[T];

/** Any event this version knows, discriminated by `type`. */
export type KnownEvent = PtyEvent | BashEvent | AgentEvent | ServerEvent;

/** The envelope of an event. */
export interface EventMessage<E extends KnownEvent = KnownEvent> {
  readonly type: 'event';
  /** The session the event is about; absent for events of the server. */
  readonly sessionId?: string;
  /** Rises by 1 from event to event of a session, so a hole says that events were left out; absent outside a session's log. */
  readonly seq?: number;
  /** RFC 3339 with milliseconds; of what came as a `delta`, that of the event it goes on with. */
  readonly timestamp: string;
  /** The id of the command that caused the event; a command without one is named by an id the server made. */
  readonly correlationId?: string;
  /** Present where a `delta` of the same channel may go on with the event. */
  readonly channel?: number;
  readonly event: E;
}

/** An event of a session's log. */
export interface SessionEventMessage<E extends KnownEvent = KnownEvent> extends EventMessage<E> {
  readonly sessionId: string;
  readonly seq: number;
}

/** Where and when an event of a session happened. */
export interface SessionEventOrigin {
  readonly sessionId: string;
  readonly seq: number;
  readonly timestamp: string;
  readonly correlationId?: string | undefined;
}

/** Builds an event of a session's log; fields without a value are left out. */
export function sessionEvent<E extends KnownEvent>(origin: SessionEventOrigin, event: E): SessionEventMessage<E> {
  const { sessionId, seq, timestamp, correlationId } = origin;
  return { type: 'event', sessionId, seq, timestamp, ...(correlationId !== undefined && { correlationId }), event };
}

/** When an event of the server or of a command happened, and whom it is about. */
export interface ServerEventOrigin {
  readonly sessionId?: string | undefined;
  readonly timestamp: string;
  readonly correlationId?: string | undefined;
}

/** Builds an event outside a session's log; fields without a value are left out. */
export function serverEvent<E extends ServerEvent | BashEvent | AgentEvent>(
  origin: ServerEventOrigin,
  event: E,
): EventMessage<E> {
  const { sessionId, timestamp, correlationId } = origin;
  return {
    type: 'event',
    ...(sessionId !== undefined && { sessionId }),
    timestamp,
    ...(correlationId !== undefined && { correlationId }),
    event,
  };
}

const typeTable: Readonly<Record<EventType, true>> = {
  'pty.spawned': true,
  'pty.state.changed': true,
  'pty.output': true,
  'pty.error': true,
  'pty.exited': true,
  'pty.stopped': true,
  'pty.resized': true,
  'pty.signal.delivered': true,
  'pty.terminating': true,
  'pty.force_killed': true,
  'pty.idle_timeout': true,
  'pty.backpressure.on': true,
  'pty.backpressure.off': true,
  'pty.buffer.overflow': true,
  'bash.started': true,
  'bash.output': true,
  'bash.finished': true,
  agent_phase_changed: true,
  agent_start: true,
  agent_end: true,
  turn_start: true,
  turn_end: true,
  message_start: true,
  message_update: true,
  message_end: true,
  tool_execution_start: true,
  tool_execution_update: true,
  tool_execution_end: true,
  queue_update: true,
  compaction_start: true,
  compaction_end: true,
  auto_retry_start: true,
  auto_retry_end: true,
  model_changed: true,
  thinking_level_changed: true,
  plan_update: true,
  commands_changed: true,
  extension_ui_request: true,
  extension_ui_resolved: true,
  extension_notify: true,
  extension_status: true,
  extension_error: true,
  agent_restarting: true,
  agent_restarted: true,
  agent_stopped: true,
  events_gap: true,
  session_created: true,
  session_deleted: true,
  session_expiring: true,
  server_shutdown: true,
  orphans_reconciled: true,
  breaker_changed: true,
  command_accepted: true,
  command_started: true,
  command_finished: true,
};

/** The types of all events this version knows, in the order of the documentation. */
export const eventTypes: ReadonlySet<string> = new Set(Object.keys(typeTable));

/** Whether `message` is an event of this type. */
export function isEventOf<T extends EventType>(
  message: { readonly type: string },
  type: T,
): message is EventMessage<Extract<KnownEvent, { readonly type: T }>> {
  return message.type === 'event' && (message as EventMessage).event.type === type;
}
