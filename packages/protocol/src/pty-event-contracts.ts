import * as z from 'zod';
import { type EventContract, type EventContracts, eventContractFromShape } from './event-contract.ts';
import type { PtyEventLabels, PtyEventMap, PtyEventType } from './events.ts';
import { exitFields } from './exit-info.ts';
import {
  cells,
  durationMs,
  type FieldArguments,
  id,
  offset,
  processId,
  type RequiredFields,
  ratio,
  sessionId,
  shape,
  signalName,
  timestamp,
} from './fields.ts';
import { bufferStats, ptyState } from './session-info.ts';
import { formerPtyState, signalOutcome } from './session-state.ts';

const ptyLabels: RequiredFields<PtyEventLabels> = {
  ptyId: id,
  laneId: id,
  sessionId,
  terminalId: id,
  timestamp: z.number(),
  ts: timestamp,
};

function ptyEvent<T extends PtyEventType>(
  type: T,
  summary: string,
  ...own: FieldArguments<PtyEventMap[T]>
): EventContract<T> {
  return eventContractFromShape(type, summary, { ...ptyLabels, ...shape(own) });
}

/** The contracts of the events of a terminal, each with the labels they all carry. */
export const ptyEventContracts: EventContracts<PtyEventType> = {
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
    { gracePeriodMs: durationMs },
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
};
