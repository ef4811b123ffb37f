import * as z from 'zod';
import { type AgentSessionState, agentSessionState } from './agent/agent-session-info.ts';
import { byKind } from './by-kind.ts';
import {
  durationMs,
  integer,
  list,
  MAX_DURATION_MS,
  object,
  oneOf,
  orNull,
  processId,
  signalName,
  timestamp,
} from './fields.ts';
import { type PtySessionInfo, type PtyState, ptyState, sessionFields } from './session-info.ts';

/** What became of a signal: it arrived, it arrived because an earlier one did not help, or it reached nobody. */
export type SignalOutcome = 'delivered' | 'escalated' | 'failed';

/** One step in the life of a terminal. */
export interface StateTransition {
  readonly from: PtyState | 'idle';
  readonly to: PtyState;
  /** What led to it, for example `spawn-succeeded`, `idle-timeout` or `graceful-end`. */
  readonly cause: string;
  /** Monotonic milliseconds of the server, on the same clock as the events of terminals. */
  readonly timestamp: number;
  /** The same moment on the wall clock, RFC 3339. */
  readonly ts: string;
}

/** One signal that was sent, or could not be. */
export interface SignalDelivery {
  readonly signal: string;
  readonly outcome: SignalOutcome;
  /** The leader of the process group it was for. */
  readonly pid: number;
  /** Monotonic milliseconds of the server, on the same clock as the events of terminals. */
  readonly timestamp: number;
  /** The same moment on the wall clock, RFC 3339. */
  readonly ts: string;
  /** Why it reached nobody. */
  readonly error?: string;
}

/** The record of a terminal session with what it was told and what became of it: more than a list of sessions should carry. */
export interface PtySessionState extends PtySessionInfo {
  /** From SIGTERM to SIGKILL, for who ends the program without a wish of their own. */
  readonly gracePeriodMs: number;
  /** Silence after which it counts as `throttled`; `null` never. */
  readonly idleTimeoutMs: number | null;
  /** The last 10, oldest first. */
  readonly transitions: readonly StateTransition[];
  /** The last 50, oldest first. */
  readonly signals: readonly SignalDelivery[];
}

/** The full state of a session, discriminated by `kind`. */
export type SessionState = PtySessionState | AgentSessionState;

/** Schema of {@link SignalOutcome}. */
export const signalOutcome: z.ZodType<SignalOutcome> = oneOf(['delivered', 'escalated', 'failed']);

/** Schema of a state a terminal can leave. */
export const formerPtyState: z.ZodType<PtyState | 'idle'> = oneOf([
  'idle',
  'spawning',
  'active',
  'throttled',
  'errored',
  'stopped',
]);

/** Schema of an idle timeout: any time but none, or never. */
export const idleTimeoutMs: z.ZodType<number | null> = orNull(integer(1, MAX_DURATION_MS));

const [requiredFields, optionalFields] = sessionFields;

/** Schema of {@link PtySessionState}. */
export const ptySessionState: z.ZodType<PtySessionState> = object<PtySessionState>(
  {
    ...requiredFields,
    gracePeriodMs: durationMs,
    idleTimeoutMs,
    transitions: list(
      object<StateTransition>({
        from: formerPtyState,
        to: ptyState,
        cause: z.string(),
        timestamp: z.number(),
        ts: timestamp,
      }),
      10,
    ),
    signals: list(
      object<SignalDelivery>(
        { signal: signalName, outcome: signalOutcome, pid: processId, timestamp: z.number(), ts: timestamp },
        { error: z.string() },
      ),
      50,
    ),
  },
  optionalFields,
);

/** Schema of {@link SessionState}. */
export const sessionState: z.ZodType<SessionState> = byKind(ptySessionState, agentSessionState);
