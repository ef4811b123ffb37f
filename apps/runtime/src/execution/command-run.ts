import {
  type AnyCommandContract,
  type Command,
  type CommandType,
  commandContract,
  type ProtocolError,
} from '@sessiond/protocol';
import type { AdmittedCommand } from '../admission/admission.ts';
import type { Authorizer } from '../auth/authorizer.ts';
import type { CommandContext, CommandIssuer, ServerFacts } from '../commands/command-context.ts';
import type { JournalEntry } from '../journal/command-journal.ts';
import type { Cause } from '../sessions/cause.ts';
import type { SessionHost } from '../sessions/session-host.ts';
import type { CommandAnswer } from './command-answer.ts';
import type { IssuedCommand } from './command-facts.ts';
import type { Turn } from './command-lanes.ts';
import type { ObservedCode } from './command-observer.ts';
import type { CommandSpan } from './command-tracer.ts';
import type { Deadline } from './deadlines.ts';
import type { Dependencies, Dependency } from './dependencies.ts';
import type { OutcomeKeys } from './outcome-store.ts';
import type { Listed } from './run-list.ts';

/** Called once for every command with its answer; before `run` returns if that is possible. Must not throw. */
export type Respond = (answer: CommandAnswer, command: Command) => void;

/** A command that is not answered yet, in the hands of who sent it. */
export interface RunningCommand {
  /**
   * Ends it with this error, wherever it stands, because nobody waits for its answer any more; one that others sent again and wait for goes on for them. Idempotent.
   */
  abandon(reason: ProtocolError): void;
}

/** What all commands have in common. */
export interface RunEnvironment {
  readonly host: SessionHost;
  readonly server: ServerFacts;
  readonly authorizer: Pick<Authorizer, 'maySee'>;
  cancel(issuer: CommandIssuer, commandId: string): boolean;
  cancelBeginning(type: CommandType, sessionId: string): Promise<boolean>;
  /** The run was aborted while it waited or ran. */
  aborted(run: CommandRun, reason: ProtocolError): void;
}

/** Somebody who waits for the answer to a command. */
export interface Waiter {
  readonly command: Command;
  readonly respond: Respond;
  readonly facts: IssuedCommand;
  readonly keys: OutcomeKeys;
}

/** What a command is begun with. */
export interface CommandRunParts {
  /** Who sent it first. */
  readonly waiter: Waiter;
  readonly issuer: CommandIssuer;
  readonly admitted: AdmittedCommand;
  readonly record: JournalEntry | undefined;
  readonly span: CommandSpan | undefined;
  readonly admittedMs: number;
}

/**
 * One command on its way, from the door to its answer, and what its handler works with.
 *
 * It waits (for others, for its turn, for the record of it), runs, is decided, and is answered; or it is decided while it waits. What goes on after it was decided
 * changes nothing of that.
 */
export class CommandRun implements CommandContext, RunningCommand, Dependency, Listed<CommandRun> {
  readonly command: Command;
  readonly contract: AnyCommandContract;
  readonly issuer: CommandIssuer;
  readonly facts: IssuedCommand;
  readonly keys: OutcomeKeys;
  readonly admitted: AdmittedCommand;
  readonly record: JournalEntry | undefined;
  readonly span: CommandSpan | undefined;
  readonly admittedMs: number;
  /** The lane it goes through; `undefined` for none. */
  readonly laneKey: string | undefined;
  /** The id that no other command may make or end a session of meanwhile. */
  readonly lockKey: string | undefined;
  /** What it has to wait for; `undefined` when there is nothing. */
  dependencies: Dependencies<CommandRun> | undefined;
  /** Whether it has its place in the lane, waiting or running. */
  isInLane = false;
  turn: Turn | undefined;
  lock: Turn | undefined;
  /** When execution began. */
  startedMs: number | undefined;
  startedAtMs: number | undefined;
  /** The life of the session it was about when execution began; known of those only of which it matters. */
  instance: string | undefined;
  deadline: Deadline | undefined;
  /** Why it is not wanted any more. */
  abortReason: ProtocolError | undefined;
  /** Its outcome is settled, and no other can be. */
  isDecided = false;
  isAnswered = false;
  next: CommandRun | undefined;
  previous: CommandRun | undefined;
  readonly #environment: RunEnvironment;
  readonly #waiters: Waiter[];
  /** How many of these are still there. */
  #present = 1;
  #listeners: Set<(code: ObservedCode) => void> | undefined;
  #controller: AbortController | undefined;

  constructor(environment: RunEnvironment, parts: CommandRunParts) {
    const { waiter } = parts;
    const { command } = waiter;
    const contract: AnyCommandContract = commandContract(command.type);
    this.#environment = environment;
    this.command = command;
    this.contract = contract;
    this.issuer = parts.issuer;
    this.facts = waiter.facts;
    this.keys = waiter.keys;
    this.admitted = parts.admitted;
    this.record = parts.record;
    this.span = parts.span;
    this.admittedMs = parts.admittedMs;
    this.laneKey = contract.lane === 'data' ? command.sessionId : undefined;
    this.lockKey = contract.exclusive ? command.sessionId : undefined;
    this.#waiters = [waiter];
  }

  get cause(): Cause {
    return this.facts;
  }

  /** Who waits for the answer, the one who sent it first at the front; bounded by what the connections may have unanswered. */
  get waiters(): readonly Waiter[] {
    return this.#waiters;
  }

  get host(): SessionHost {
    return this.#environment.host;
  }

  get server(): ServerFacts {
    return this.#environment.server;
  }

  /** Made when it is asked for: most commands are over before anybody could abort them. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.abortReason !== undefined) this.#controller.abort(this.abortReason);
    }
    return this.#controller.signal;
  }

  get maySee(): (sessionId: string) => boolean {
    return (sessionId) => this.#environment.authorizer.maySee(this.issuer.principal, sessionId);
  }

  get cancel(): (commandId: string) => boolean {
    return (commandId) => this.#environment.cancel(this.issuer, commandId);
  }

  get cancelBeginning(): (type: CommandType, sessionId: string) => Promise<boolean> {
    return (type, sessionId) => this.#environment.cancelBeginning(type, sessionId);
  }

  abandon(reason: ProtocolError): void {
    this.#leave(0, reason);
  }

  /** Ends it for everybody who waits for it. One that is decided already stays as it is. */
  abort(reason: ProtocolError): void {
    if (this.isDecided || this.abortReason !== undefined) return;
    this.abortReason = reason;
    this.#controller?.abort(reason);
    this.#environment.aborted(this, reason);
  }

  /** Somebody sent the command again, and is to be answered with the same outcome. */
  join(waiter: Waiter): RunningCommand {
    this.#waiters.push(waiter);
    this.#present += 1;
    const at = this.#waiters.length - 1;
    return { abandon: (reason) => this.#leave(at, reason) };
  }

  onAnswered(listener: (code: ObservedCode) => void): () => void {
    this.#listeners ??= new Set();
    const listeners = this.#listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Tells those that depend on it how it ended. Called once, when everybody who waits was answered. */
  answered(code: ObservedCode): void {
    for (const listener of this.#listeners ?? []) listener(code);
  }

  /** The work is over, or never began: gives back its turn, its lock and its place. Idempotent. */
  release(): void {
    this.turn?.release();
    this.lock?.release();
    this.admitted.leave();
  }

  #leave(at: number, reason: ProtocolError): void {
    const waiter = this.#waiters[at]!;
    if (waiter.respond === toNobody) return;
    this.#present -= 1;
    if (this.#present === 0) this.abort(reason);
    else this.#waiters[at] = { ...waiter, respond: toNobody };
  }
}

function toNobody(): void {}
