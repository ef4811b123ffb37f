import type { PtySessionState } from '@sessiond/protocol';
import type { PtySnapshot } from '@sessiond/pty-core';
import { wireState } from './wire-state.ts';

/**
 * What a PTY remembers of its life, as the protocol has it.
 * @param epochMs the wall clock's time when the PTY's monotonic one stood at 0.
 */
export function ptyHistory(
  { history, signals }: Pick<PtySnapshot, 'history' | 'signals'>,
  epochMs: number,
): Pick<PtySessionState, 'transitions' | 'signals'> {
  const wallTime = (timestamp: number): string => new Date(epochMs + timestamp).toISOString();
  return {
    transitions: history.map(({ from, to, event, timestamp }) => ({
      from,
      to: wireState(to),
      cause: event,
      timestamp,
      ts: wallTime(timestamp),
    })),
    signals: signals.map(({ signal, outcome, pid, timestamp, error }) => ({
      signal,
      outcome,
      pid,
      timestamp,
      ts: wallTime(timestamp),
      ...(error !== undefined && { error }),
    })),
  };
}
