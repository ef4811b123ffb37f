import type { Command, CommandType, ResponseDataOf } from '@sessiond/protocol';
import type { Principal } from '../auth/auth-provider.ts';
import type { JournalRecords } from '../journal/journal-records.ts';
import type { Cause } from '../sessions/cause.ts';
import type { SessionHost } from '../sessions/session-host.ts';

/** Who sent a command, and what the command may do with the connection it came from. */
export interface CommandIssuer {
  readonly principal: Principal;
  /** Names the connection; absent for a command that came without one, over HTTP. */
  readonly connectionId?: string | undefined;
  /** Whether nothing reaches it any more. */
  readonly closed: boolean;
  /**
   * Sends a message about a command of its own, whether or not it follows the session. @returns `false` when earlier messages have not been read:
   * this one was sent all the same, and the next one is to wait for {@link drained}.
   */
  tell(message: object): boolean;
  /** Resolves as soon as it reads again, is gone, or the signal aborts; never rejects. */
  drained(signal: AbortSignal): Promise<void>;
  /** Attaches the connection; frames follow the answer on the channel it names. */
  attach(command: Command<'attach'>, signal: AbortSignal): Promise<ResponseDataOf<'attach'>>;
  /** @throws ProtocolError when it is not attached. */
  detach(sessionId: string): ResponseDataOf<'detach'>;
  /** Passes the session's events on to the connection. @returns how to undo that, as if it had not been asked for. */
  follow(sessionId: string): () => void;
  /**
   * Passes the numbered events of an agent on to the connection, those behind a number or from now on; they follow the answer.
   * @returns the number of the last event before those.
   */
  followLog(sessionId: string, after: number | undefined, signal: AbortSignal): Promise<number>;
  /** Whether it gets the numbered events of the session out of the log of an agent. */
  readsLog(sessionId: string): boolean;
  unfollow(sessionId: string): void;
  /** @throws ProtocolError when the connection is attached to the session as an observer. */
  assertMayDrive(sessionId: string): void;
}

/** Facts about the server that commands answer with. */
export interface ServerFacts {
  health(): Promise<ResponseDataOf<'health_check'>>;
  metrics(): Promise<ResponseDataOf<'get_metrics'>>;
  readonly journal: JournalRecords;
}

/** What a command handler works with. */
export interface CommandContext {
  readonly host: SessionHost;
  readonly issuer: CommandIssuer;
  readonly server: ServerFacts;
  /** The command itself, for what it makes happen. */
  readonly cause: Cause;
  /** Whether the principal may know of the session. */
  readonly maySee: (sessionId: string) => boolean;
  /** Cancels a command of the same principal that waits or runs. @returns whether there was one. */
  readonly cancel: (commandId: string) => boolean;
  /**
   * Cancels the command of a type that has its turn in a session and has not begun, because it is still being recorded, whoever sent it; those behind it move up. Resolves when it is
   * answered. @returns whether there was one.
   */
  readonly cancelBeginning: (type: CommandType, sessionId: string) => Promise<boolean>;
  /** Aborts at the deadline, on `cancel_command` and when the server ends. */
  readonly signal: AbortSignal;
}

/** Carries out one type of command; what is known at once is best answered at once, without a promise. */
export type CommandHandler<T extends CommandType> = (
  command: Command<T>,
  context: CommandContext,
) => ResponseDataOf<T> | Promise<ResponseDataOf<T>>;

/** A handler for every command there is; the compiler refuses a command without one. */
export type CommandHandlers = { readonly [T in CommandType]: CommandHandler<T> };
