import * as z from 'zod';
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
import {
  base64,
  cells,
  durationMs,
  type FieldArguments,
  flag,
  fromShape,
  id,
  integer,
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
import { bufferStats, exitFields, ptyState, sessionInfo } from './session-info.ts';
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
    'A breaker went to another state: `global` to everybody, `session` to those who may see it, `principal` to the connections of that one.',
    {
      breaker: z.string(),
      scope: oneOf(['global', 'session', 'principal']),
      from: oneOf(['closed', 'open', 'halfOpen']),
      to: oneOf(['closed', 'open', 'halfOpen']),
    },
    { sessionId },
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
>({ type: oneOf(['event']), timestamp, event: z.looseObject({}) }, { sessionId, seq: offset, correlationId: id });
