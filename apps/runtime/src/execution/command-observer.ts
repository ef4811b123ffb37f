import type { CommandType, ErrorCode, UNREADABLE_COMMAND } from '@sessiond/protocol';

/** The type of a command as it is counted: what cannot be read as a command has one name of its own. */
export type ObservedCommand = CommandType | typeof UNREADABLE_COMMAND;

/** How a command ended. */
export type ObservedCode = 'OK' | ErrorCode;

/**
 * Told what becomes of commands, in plain values; called when the state it tells of is in place. Every message that is
 * answered finishes exactly once, also one that is refused and never starts. What is in flight is in the snapshot of the
 * runner. Must not throw and must be quick: it is called for every command.
 */
export interface CommandObserver {
  /** Execution begins, `queueWaitMs` after the command was let in; 0 for one that did not have to wait. */
  commandStarted(command: CommandType, queueWaitMs: number): void;
  /** The answer is decided, `durationMs` after execution began; 0 for one that never began. */
  commandFinished(command: ObservedCommand, code: ObservedCode, durationMs: number): void;
}

/** Observes nothing. */
export const unobservedCommands: CommandObserver = Object.freeze({ commandStarted() {}, commandFinished() {} });
