import type { CommandFacts } from './command-facts.ts';
import type { ObservedCode } from './command-observer.ts';

export type { CommandFacts } from './command-facts.ts';

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
