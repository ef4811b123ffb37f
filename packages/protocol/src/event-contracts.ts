import * as z from 'zod';
import { dialogEnd, dialogFields } from './agent/agent-dialog.ts';
import type {
  AgentEventMap,
  AgentEventType,
  AssistantMessageEvent,
  MessageDelta,
  ToolCallDelta,
  ToolCallStart,
} from './agent/agent-events.ts';
import { agentMessage, messageRole, stopReason, tokenUsage } from './agent/agent-message.ts';
import { agentWord } from './agent/agent-model.ts';
import { agentPhase } from './agent/agent-session-info.ts';
import { type ErrorCode, errorCodes } from './errors.ts';
import type {
  BashEventMap,
  BashEventType,
  CommandLabels,
  EventMessage,
  EventType,
  KnownEvent,
  PtyEventLabels,
  PtyEventMap,
  PtyEventType,
  ServerEventMap,
  ServerEventType,
} from './events.ts';
import { exitFields } from './exit-info.ts';
import {
  base64,
  cells,
  durationMs,
  type FieldArguments,
  flag,
  fromShape,
  id,
  integer,
  list,
  object,
  offset,
  oneOf,
  orNull,
  processId,
  type RequiredFields,
  ratio,
  type Shape,
  sessionId,
  shape,
  signalName,
  timestamp,
} from './fields.ts';
import { bufferStats, ptyState, sessionInfo } from './session-info.ts';
import { formerPtyState, signalOutcome } from './session-state.ts';

/** What is to be known about one event. */
export interface EventContract {
  readonly type: EventType;
  /** One sentence for the documentation. */
  readonly summary: string;
  readonly schema: z.ZodType<KnownEvent>;
}

const ptyLabels: RequiredFields<PtyEventLabels> = {
  ptyId: id,
  laneId: id,
  sessionId,
  terminalId: id,
  timestamp: z.number(),
  ts: timestamp,
};
const commandLabels: FieldArguments<CommandLabels> = [{ command: z.string() }, { commandId: id }];
const elapsedMs = z.number().min(0);

function ptyEvent<T extends PtyEventType>(
  type: T,
  summary: string,
  ...own: FieldArguments<PtyEventMap[T]>
): EventContract {
  return contractOf(type, summary, { ...ptyLabels, ...shape(own) });
}

function bashEvent<T extends BashEventType>(
  type: T,
  summary: string,
  ...own: FieldArguments<BashEventMap[T]>
): EventContract {
  return contractOf(type, summary, shape(own));
}

function agentEvent<T extends AgentEventType>(
  type: T,
  summary: string,
  ...own: FieldArguments<AgentEventMap[T]>
): EventContract {
  return contractOf(type, summary, shape(own));
}

function serverEvent<T extends ServerEventType>(
  type: T,
  summary: string,
  ...own: FieldArguments<ServerEventMap[T]>
): EventContract {
  return contractOf(type, summary, shape(own));
}

// The callers have checked the fields against the event map.
function contractOf(type: EventType, summary: string, fields: Shape): EventContract {
  return Object.freeze({ type, summary, schema: fromShape<KnownEvent>({ type: z.literal(type), ...fields }) });
}

const assistantMessageEvent: z.ZodType<AssistantMessageEvent> = z.union([
  object<MessageDelta>({
    type: oneOf(['text_delta', 'thinking_delta']),
    contentIndex: offset,
    delta: z.string(),
  }),
  object<ToolCallStart>({
    type: z.literal('toolcall_start'),
    contentIndex: offset,
    toolCallId: z.string(),
    toolName: z.string(),
  }),
  object<ToolCallDelta>({
    type: z.literal('toolcall_delta'),
    contentIndex: offset,
    delta: z.string(),
  }),
]);

const contractByType: Readonly<Record<EventType, EventContract>> = {
  'pty.spawned': ptyEvent('pty.spawned', 'The program runs.', { pid: processId, cols: cells, rows: cells }),
  'pty.state.changed': ptyEvent('pty.state.changed', 'The terminal went from one state to another.', {
    from: formerPtyState,
    to: ptyState,
    cause: z.string(),
  }),
  'pty.output': ptyEvent('pty.output', 'Output came: how much since the last such event, never which; coalesced.', {
    bytes: offset,
    endOffset: offset,
  }),
  'pty.error': ptyEvent('pty.error', 'Something about the terminal failed.', { message: z.string() }),
  'pty.exited': ptyEvent(
    'pty.exited',
    'The program ended; `pty.stopped` follows once its output is over, which background jobs may delay.',
    exitFields,
  ),
  'pty.stopped': ptyEvent('pty.stopped', 'Program and output are over; the last event of a terminal.', {
    ...exitFields,
    endOffset: offset,
  }),
  'pty.resized': ptyEvent('pty.resized', 'The size changed.', {
    cols: cells,
    rows: cells,
    oldCols: cells,
    oldRows: cells,
  }),
  'pty.signal.delivered': ptyEvent(
    'pty.signal.delivered',
    'A signal was sent, or could not be.',
    { signal: signalName, outcome: signalOutcome, pid: processId },
    { error: z.string() },
  ),
  'pty.terminating': ptyEvent(
    'pty.terminating',
    'The end begins: SIGTERM now and SIGKILL after the grace period, or SIGKILL now if there is none.',
    {
      gracePeriodMs: durationMs,
    },
  ),
  'pty.force_killed': ptyEvent('pty.force_killed', 'The grace period passed and SIGKILL was sent.'),
  'pty.idle_timeout': ptyEvent('pty.idle_timeout', 'There was no output for the idle timeout.', {
    idleTimeoutMs: durationMs,
  }),
  'pty.backpressure.on': ptyEvent('pty.backpressure.on', 'The buffer fills with undelivered output.', {
    utilization: ratio,
    stats: bufferStats,
  }),
  'pty.backpressure.off': ptyEvent('pty.backpressure.off', 'The buffer has room again.', {
    utilization: ratio,
    stats: bufferStats,
  }),
  'pty.buffer.overflow': ptyEvent(
    'pty.buffer.overflow',
    'Undelivered output was overwritten; at most once a second, and the sums are exact.',
    { droppedBytesSinceLastEvent: offset, totalDroppedBytes: offset, bufferUtilization: ratio },
  ),
  'bash.started': bashEvent('bash.started', 'The shell of a `bash` command runs.', { pid: processId }),
  'bash.output': bashEvent(
    'bash.output',
    'A `bash` command wrote something. `data` where it is UTF-8, `dataBase64` where it is not; `offset` counts the bytes of both streams, so a hole says that output was left out.',
    { stream: oneOf(['stdout', 'stderr']), offset, bytes: offset },
    { data: z.string(), dataBase64: base64 },
  ),
  'bash.finished': bashEvent('bash.finished', 'A `bash` command is over, and all it wrote has been told.', {
    reason: oneOf(['exit', 'timeout', 'aborted']),
    exitCode: orNull(integer(0, 255)),
    signal: orNull(signalName),
    totalBytes: offset,
    durationMs: elapsedMs,
  }),
  agent_phase_changed: agentEvent('agent_phase_changed', 'The session went from one phase to another.', {
    from: agentPhase,
    to: agentPhase,
    cause: z.string(),
  }),
  agent_start: agentEvent('agent_start', 'The agent begins to work.'),
  agent_end: agentEvent(
    'agent_end',
    'The agent has ended its work: what for, and with which error.',
    { stopReason },
    { errorMessage: z.string() },
  ),
  turn_start: agentEvent('turn_start', 'One answer of the model, with the tools it calls, begins.'),
  turn_end: agentEvent('turn_end', 'That answer is over.'),
  message_start: agentEvent(
    'message_start',
    'A message begins; that of a person is whole already, that of a model is empty.',
    { message: agentMessage },
  ),
  message_update: agentEvent(
    'message_update',
    'More of the message of the model, never what was told before. Pieces that come close together are one event.',
    { assistantMessageEvent },
  ),
  message_end: agentEvent(
    'message_end',
    'The message is whole: everything about it but its content, which was told.',
    { role: messageRole },
    { entryId: z.string(), stopReason, errorMessage: z.string(), usage: tokenUsage },
  ),
  tool_execution_start: agentEvent(
    'tool_execution_start',
    'A tool begins. Arguments above 16 KiB are left out; `get_messages` has them.',
    { toolCallId: z.string(), toolName: z.string() },
    { args: z.unknown() },
  ),
  tool_execution_update: agentEvent(
    'tool_execution_update',
    'What a tool has said since the last such event, or, with `replaces`, instead of all it said before.',
    { toolCallId: z.string(), delta: z.string() },
    { replaces: z.literal(true) },
  ),
  tool_execution_end: agentEvent(
    'tool_execution_end',
    'A tool has ended; `output` is the end of its result as text, at most 16 KiB.',
    { toolCallId: z.string(), toolName: z.string(), isError: flag, output: z.string(), truncated: flag },
  ),
  queue_update: agentEvent('queue_update', 'What waits for the agent to take it up has changed.', {
    steering: list(z.string(), 100_000),
    followUp: list(z.string(), 100_000),
  }),
  compaction_start: agentEvent('compaction_start', 'The agent begins to shorten what it remembers.', {
    reason: oneOf(['manual', 'threshold', 'overflow']),
  }),
  compaction_end: agentEvent(
    'compaction_end',
    'The agent has shortened what it remembers, or has not.',
    { aborted: flag },
    { errorMessage: z.string(), tokensBefore: offset },
  ),
  auto_retry_start: agentEvent('auto_retry_start', 'The provider failed and is asked again after a while.', {
    attempt: offset,
    maxAttempts: offset,
    delayMs: durationMs,
    errorMessage: z.string(),
  }),
  auto_retry_end: agentEvent(
    'auto_retry_end',
    'Asking again has helped, or is given up.',
    { success: flag, attempt: offset },
    { errorMessage: z.string() },
  ),
  model_changed: agentEvent('model_changed', 'The agent uses another model.', {
    provider: agentWord,
    modelId: agentWord,
  }),
  thinking_level_changed: agentEvent('thinking_level_changed', 'The agent thinks more or less.', { level: agentWord }),
  plan_update: agentEvent('plan_update', 'What the agent plans, whole each time.', {
    entries: list(
      object<AgentEventMap['plan_update']['entries'][number]>({
        content: z.string(),
        status: oneOf(['pending', 'in_progress', 'completed']),
      }),
      10_000,
    ),
  }),
  commands_changed: agentEvent('commands_changed', 'The commands or tools of the agent have changed; ask again.'),
  extension_ui_request: contractOf(
    'extension_ui_request',
    'The agent asks a person; `extension_ui_response` answers.',
    dialogFields,
  ),
  extension_ui_resolved: agentEvent(
    'extension_ui_resolved',
    'A dialog is over: answered or declined by a client, or ended by its time (`timeout`), an abort, too many dialogs (`capacity`) or the end of the agent (`gone`), which give the agent no answer.',
    { requestId: id, end: dialogEnd },
  ),
  extension_notify: agentEvent('extension_notify', 'The agent tells a person something.', {
    message: z.string(),
    level: oneOf(['info', 'warning', 'error']),
  }),
  extension_status: agentEvent(
    'extension_status',
    'A line of state that an extension shows; without `text` it goes away.',
    { key: z.string() },
    { text: z.string() },
  ),
  extension_error: agentEvent('extension_error', 'An extension of the agent failed; the agent goes on.', {
    message: z.string(),
  }),
  agent_restarting: agentEvent(
    'agent_restarting',
    "The agent's process ended and is started again; with `interrupted` a turn was running and is over.",
    {
      attempt: offset,
      delayMs: durationMs,
      exitCode: orNull(integer(0, 255)),
      signal: orNull(signalName),
      interrupted: flag,
    },
  ),
  agent_restarted: agentEvent('agent_restarted', 'The agent runs again; `resumed` if it knows what was said before.', {
    attempt: offset,
    resumed: flag,
  }),
  agent_stopped: agentEvent(
    'agent_stopped',
    'The session is over: the last event of an agent.',
    { reason: z.string() },
    { errorMessage: z.string() },
  ),
  events_gap: agentEvent(
    'events_gap',
    'The follower was too slow, or asked for what is gone: `from` is the first event it was not given, `to` the first that follows. Without `seq`.',
    { from: offset, to: offset },
  ),
  session_created: serverEvent('session_created', 'A session exists now; to those who may see it.', {
    session: sessionInfo,
  }),
  session_deleted: serverEvent('session_deleted', 'A session exists no longer; to those who could see it.', {
    sessionId,
    reason: oneOf(['deleted', 'expired', 'shutdown']),
  }),
  session_expiring: serverEvent(
    'session_expiring',
    'A limit on the age of the session (`lifetime`) or on its time without input and output (`idle`) ends its program in `inMs` with the reason `expired`; input or output puts an idle end off. To those who follow it.',
    { reason: oneOf(['lifetime', 'idle']), inMs: durationMs },
  ),
  server_shutdown: serverEvent(
    'server_shutdown',
    'The server ends within `timeoutMs`; new commands are refused from now on.',
    { reason: z.string(), timeoutMs: durationMs },
  ),
  orphans_reconciled: serverEvent(
    'orphans_reconciled',
    'The start of the server looked for programs that an earlier run of it left behind, and ended those it could prove to be its own.',
    { found: offset, reattached: offset, terminated: offset },
  ),
  breaker_changed: serverEvent(
    'breaker_changed',
    'A breaker went to another state: `global` to everybody, `session` to those who may see it, `principal` to the connections of that one, `provider`, for one model, to everybody.',
    {
      breaker: z.string(),
      scope: oneOf(['global', 'session', 'principal', 'provider']),
      from: oneOf(['closed', 'open', 'halfOpen']),
      to: oneOf(['closed', 'open', 'halfOpen']),
    },
    { sessionId, model: z.string() },
  ),
  command_accepted: serverEvent('command_accepted', 'A command was admitted.', ...commandLabels),
  command_started: serverEvent(
    'command_started',
    'A command began to execute, after waiting in its lane.',
    { ...commandLabels[0], waitedMs: elapsedMs },
    commandLabels[1],
  ),
  command_finished: serverEvent(
    'command_finished',
    'A command has its outcome; the response follows.',
    { ...commandLabels[0], success: flag, durationMs: elapsedMs },
    { ...commandLabels[1], code: oneOf(Object.keys(errorCodes) as ErrorCode[]), replayed: z.literal(true) },
  ),
};

/** Every event contract by type, in the order of the documentation. */
export const eventContracts: ReadonlyMap<string, EventContract> = new Map(
  Object.values(contractByType).map((entry) => [entry.type, entry]),
);

type EventEnvelope = Omit<EventMessage, 'event'>;

/** Schema of the envelope of an event, with any event in it. */
export const eventEnvelopeSchema: z.ZodType<EventEnvelope & { readonly event: object }> = object<
  EventEnvelope & { readonly event: object }
>(
  { type: oneOf(['event']), timestamp, event: z.looseObject({}) },
  { sessionId, seq: offset, correlationId: id, channel: integer(0, 0xffff_ffff) },
);
