import type { Command, CommandType } from '@sessiond/protocol/client';
import type { ReconnectOptions } from './reconnect.ts';

/** How a client behaves, whatever transport it uses. */
export interface ClientOptions {
  /** `name/version` of the program, for the daemon's logs. Default `@sessiond/client`. */
  readonly clientName?: string | undefined;
  /** Milliseconds for one attempt to connect, greeting included. Default 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Milliseconds a request waits for its response unless it says otherwise. Default 40,000. */
  readonly requestTimeoutMs?: number | undefined;
  /** Requests that may be unanswered at once, those that wait for a reconnect included. Default 1,000. */
  readonly maxPendingRequests?: number | undefined;
  /** How to come back after a loss; `false` closes the client instead. */
  readonly reconnect?: Partial<ReconnectOptions> | false | undefined;
  /** Gives up connecting. Without effect once the client is there. */
  readonly signal?: AbortSignal | undefined;
  /** Monotonic milliseconds. */
  readonly now?: (() => number) | undefined;
  /** Milliseconds since 1970. */
  readonly wallClock?: (() => number) | undefined;
  /** Uniform in [0, 1). */
  readonly random?: (() => number) | undefined;
}

/** Limits of one request. */
export interface RequestOptions {
  /** Aborting rejects at once and asks the daemon to cancel the command. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Milliseconds to wait; default the client's `requestTimeoutMs`, on top of the command's own `timeoutMs` or `gracePeriodMs` if it has one.
   * What ends a program without naming either takes as long as the session's grace period, and `bash`, `prompt` and what else asks a model as
   * the daemon allows: once they are sent, the daemon's answer, the loss of the connection for good or the signal ends the wait.
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Whether it is sent again when the connection was lost before the answer; default `true`. With `false` it rejects with `CONNECTION_LOST`: for
   * what is of no use without the events that were missed meanwhile, such as the output of `bash`.
   */
  readonly sendAgain?: boolean | undefined;
}

/** The fields of a command without its type. */
export type CommandFields<T extends CommandType> = Omit<Command<T>, 'type'>;

/** What follows the type of a command: its fields, which may be left out when none is required, and the limits. */
export type RequestArguments<T extends CommandType> =
  Record<never, never> extends CommandFields<T>
    ? [fields?: CommandFields<T>, options?: RequestOptions]
    : [fields: CommandFields<T>, options?: RequestOptions];
