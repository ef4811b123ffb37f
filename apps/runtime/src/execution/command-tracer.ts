import type { CommandType } from '@sessiond/protocol';
import type { ObservedCode } from './command-observer.ts';

/** What is known of a command from the moment it is let in; the same object from the first call to the last. */
export interface CommandFacts {
  readonly type: CommandType;
  /** Its id; absent for one that has none. */
  readonly commandId: string | undefined;
  /** Names it in events and logs: its id, else one that the server made. */
  readonly correlationId: string;
  readonly sessionId: string | undefined;
  readonly principalId: string;
  /** The connection it came over; absent for one that came without, over HTTP. */
  readonly connectionId: string | undefined;
}

/** The trace of one command. */
export interface CommandSpan {
  /** Runs `work` so that what it does belongs to the span. */
  within<T>(work: () => T): T;
  /** The answer is decided. Called once. */
  end(code: ObservedCode): void;
}

/** Traces commands. */
export interface CommandTracer {
  /** A command was let in; `undefined` when nobody traces. */
  begin(facts: CommandFacts): CommandSpan | undefined;
}
