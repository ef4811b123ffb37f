import type { CommandType, ErrorCode, UNREADABLE_COMMAND } from '@sessiond/protocol';
import type { CommandFacts } from './command-facts.ts';

/** The type of a command as it is counted: what cannot be read as a command has one name of its own. */
export type ObservedCommand = CommandType | typeof UNREADABLE_COMMAND;

/** How a command ended. */
export type ObservedCode = 'OK' | ErrorCode;

/**
 * Told what becomes of commands, in plain values; called when the state it tells of is in place. Every message that is answered is told of exactly
 * once as finished or as refused. Must not throw and must be quick: it is called for every command.
 *
 * A command that was let in is accepted, then started unless it never runs, then finished; one that is answered from memory is finished only.
 */
export interface CommandObserver {
  commandAccepted(facts: CommandFacts): void;
  /** Execution begins, `queueWaitMs` after the command was let in; 0 for one that did not have to wait. */
  commandStarted(facts: CommandFacts, queueWaitMs: number): void;
  /** The answer is decided, `durationMs` after execution began; 0 for one that never began, or was answered from memory. */
  commandFinished(facts: CommandFacts, code: ObservedCode, durationMs: number, replayed: boolean): void;
  /** A message was refused at the door: it is no command, or none that may be run now. */
  messageRefused(type: ObservedCommand, code: ErrorCode): void;
}

/** Observes nothing. */
export const unobservedCommands: CommandObserver = Object.freeze({
  commandAccepted() {},
  commandStarted() {},
  commandFinished() {},
  messageRefused() {},
});

/** Tells each of these, in this order. */
export function fanOutCommands(...observers: readonly CommandObserver[]): CommandObserver {
  const [only] = observers;
  if (observers.length === 1) return only!;
  return {
    commandAccepted(facts) {
      for (const observer of observers) observer.commandAccepted(facts);
    },
    commandStarted(facts, queueWaitMs) {
      for (const observer of observers) observer.commandStarted(facts, queueWaitMs);
    },
    commandFinished(facts, code, durationMs, replayed) {
      for (const observer of observers) observer.commandFinished(facts, code, durationMs, replayed);
    },
    messageRefused(type, code) {
      for (const observer of observers) observer.messageRefused(type, code);
    },
  };
}
