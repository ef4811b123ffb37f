import { type CommandType, isProtocolError, type ServerReadyData } from '@sessiond/protocol/client';
import type { Connection } from './connection.ts';
import { ClientClosedError, ConnectionLostError } from './errors.ts';
import type { Link } from './link.ts';
import { type Resending, resendingOf } from './resending.ts';
import type { Outcome } from './sent-requests.ts';

/** What there is to know of one command beside its fields. */
export interface RequestTraits {
  /** Whether it is sent again when its connection was lost before the answer. */
  readonly sendAgain: boolean;
  /** Called in the turn in which the data of a success arrives, before any later frame. */
  readonly onData?: ((connection: Connection, data: unknown) => void) | undefined;
}

/** A command that is to be sent. */
export interface RequestedCommand {
  readonly type: CommandType;
  readonly fields: object;
  readonly traits: RequestTraits;
}

/** What a request needs of those who keep it. */
export interface RequestKeeper {
  /** An id that no other command has. */
  nextId(): string;
  /** Begins to measure, as `stopwatch` does. */
  stopwatch(): () => number;
  /** It is on its way; called each time it is sent. */
  onSent(): void;
  /** Called once, unless it is given up before. */
  onSettled(
    outcome: { readonly ok: true; readonly data: unknown } | { readonly ok: false; readonly error: Error },
  ): void;
}

/** A command as it goes out. */
interface OutgoingCommand {
  readonly id: string;
  readonly type: CommandType;
  readonly dependsOn?: readonly string[];
}

/**
 * One command until it has its answer, over as many connections as that takes.
 *
 * ```
 *              there is one              answer, or lost and not to be sent again
 *   waiting ───────────────────→ sent ─────────────────────────────────────────→ settled
 *    │  ↑                         │                                                 ↑
 *    │  └──── connection lost ────┘                                                 │
 *    └──────────────────────── no connection comes any more ────────────────────────┘
 * ```
 */
export class PendingRequest {
  readonly #requested: RequestedCommand;
  readonly #link: Link;
  readonly #keeper: RequestKeeper;
  #command: OutgoingCommand;
  /** To whom it was sent first, and how long ago. */
  #first: { readonly server: ServerReadyData; readonly agoMs: () => number } | undefined;
  /** How it was lost last. */
  #loss: Error | undefined;
  /** How it was sent again last. */
  #resending: Resending | undefined;
  #connection: Connection | undefined;
  #stopWaiting: () => void = () => {};

  constructor(requested: RequestedCommand, link: Link, keeper: RequestKeeper) {
    this.#requested = requested;
    this.#link = link;
    this.#keeper = keeper;
    this.#command = this.#fresh();
  }

  /** Sends it as soon as there is a connection. Called once. */
  begin(): void {
    this.#stopWaiting = this.#link.whenUp((found) => {
      if (found instanceof Error) this.#endWith(found);
      else this.#send(found);
    });
  }

  /** Nobody waits for it any more: a daemon that may have it is told to cancel it, as soon as it can be told anything. */
  giveUp(): void {
    this.#stopWaiting();
    if (this.#first === undefined) return;
    const { id } = this.#command;
    this.#connection?.forget(id);
    const cancel = { id: this.#keeper.nextId(), type: 'cancel_command', commandId: id };
    this.#link.whenUp((found) => {
      if (!(found instanceof Error)) found.tell(cancel);
    });
  }

  #fresh(): OutgoingCommand {
    const { type, fields } = this.#requested;
    return { id: this.#keeper.nextId(), ...fields, type };
  }

  #send(connection: Connection): void {
    if (this.#first === undefined) this.#first = { server: connection.server, agoMs: this.#keeper.stopwatch() };
    else this.#renew(this.#first.server, this.#first.agoMs(), connection);
    this.#connection = connection;
    this.#keeper.onSent();
    connection.request(this.#command, (outcome) => this.#onOutcome(outcome, connection));
  }

  #renew(first: ServerReadyData, agoMs: number, { server }: Connection): void {
    const { type, fields } = this.#requested;
    const { id } = this.#command;
    this.#resending = resendingOf(type, { server: first, agoMs }, server);
    if (this.#resending === 'new') this.#command = this.#fresh();
    else if (this.#resending === 'same') this.#command = { id, ...fields, type };
    // The daemon looks into its memory first, and what depends on itself never runs.
    else this.#command = { id, ...fields, type, dependsOn: [id] };
  }

  #onOutcome(outcome: Outcome, connection: Connection): void {
    this.#connection = undefined;
    if (outcome.ok) {
      this.#requested.traits.onData?.(connection, outcome.data);
      this.#keeper.onSettled(outcome);
    } else if (outcome.by === 'loss' && this.#requested.traits.sendAgain) {
      this.#loss = outcome.error;
      this.begin();
    } else {
      const found = whyUnknown(outcome, this.#resending);
      this.#fail(found === undefined ? outcome.error : this.#unknown(found, outcome.error));
    }
  }

  /** No connection comes any more. */
  #endWith(error: Error): void {
    if (this.#loss === undefined || error instanceof ClientClosedError) this.#fail(error);
    else this.#fail(new ConnectionLostError(this.#loss.message, { cause: error }));
  }

  #unknown(found: string, cause: Error): ConnectionLostError {
    const attempt = `Cannot know the outcome of ${this.#requested.type}`;
    return new ConnectionLostError(`${attempt}: the connection was lost, and ${found}`, { cause });
  }

  #fail(error: Error): void {
    this.#keeper.onSettled({ ok: false, error });
  }
}

type Failure = Extract<Outcome, { readonly ok: false }>;

/** Why a failure does not tell the outcome of a command that was sent again; `undefined` if it does, or nobody asked for it. */
function whyUnknown(failure: Failure, resending: Resending | undefined): string | undefined {
  const { by } = failure;
  if (resending === undefined || resending === 'new' || by === 'loss' || by === 'end') return undefined;
  if (by === 'unsent' || isUnread(failure)) return 'the daemon has not looked for what came of it';
  if (resending === 'same' || isRemembered(failure)) return undefined;
  return 'the daemon that is there now knows nothing of it';
}

/** Whether the daemon refused it before it looked into its memory, because too much of the connection waits. */
function isUnread({ error }: Failure): boolean {
  return isProtocolError(error) && error.code === 'QUEUE_FULL' && error.details?.['bulkhead'] === 'connection';
}

/** Whether a failure is the outcome of the command, and not a refusal to look for one. */
function isRemembered({ by, error }: Failure): boolean {
  return by === 'replay' && !(isProtocolError(error) && error.code === 'DEPENDENCY_CYCLE');
}
