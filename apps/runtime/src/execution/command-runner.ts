import {
  type Command,
  commandContract,
  type ErrorCode,
  isProtocolError,
  ProtocolError,
  type ProtocolFault,
  UNREADABLE_COMMAND,
} from '@sessiond/protocol';
import type { Logger } from 'pino';
import type { Admission, AdmittedCommand } from '../admission/admission.ts';
import type { AdmissionSnapshot } from '../admission/admission-snapshot.ts';
import type { Authorizer } from '../auth/authorizer.ts';
import type { CommandContext, CommandHandlers, CommandIssuer, ServerFacts } from '../commands/command-context.ts';
import type { CommandJournal, JournalEntry } from '../journal/command-journal.ts';
import { type Cause, causeOf } from '../sessions/cause.ts';
import type { SessionHost } from '../sessions/session-host.ts';
import { addressed, type CommandAnswer, failureText, successText } from './command-answer.ts';
import type { CommandLanes, Turn } from './command-lanes.ts';
import { type CommandObserver, unobservedCommands } from './command-observer.ts';
import { commandSignal } from './command-signal.ts';
import { commandTimeoutMs } from './command-timeout.ts';
import type { CommandFacts, CommandSpan, CommandTracer } from './command-tracer.ts';
import { untilAborted } from './until-aborted.ts';

/** What the runner needs; one for all connections. */
export interface CommandRunnerOptions {
  readonly host: SessionHost;
  readonly handlers: CommandHandlers;
  readonly server: ServerFacts;
  readonly admission: Admission;
  readonly lanes: CommandLanes;
  readonly logger: Logger;
  /** Asked before anything else. */
  readonly authorizer: Pick<Authorizer, 'fault' | 'maySee'>;
  /** Default: nobody is told. */
  readonly observer?: CommandObserver | undefined;
  /** Default: nothing is traced. */
  readonly tracer?: CommandTracer | undefined;
  /** Default: nothing is recorded. */
  readonly journal?: CommandJournal | undefined;
}

/** Commands at this moment. */
export interface CommandRunnerSnapshot {
  /** Let in and not answered yet: those that wait in a lane and those that run. */
  readonly inFlight: number;
  /** What stands before commands, the lanes included. */
  readonly admission: AdmissionSnapshot;
}

/** What a command has led to. */
interface CommandOutcome {
  readonly data: unknown;
  /** The session's version after a change. */
  readonly sessionVersion?: number;
}

/** Called once for every command with its answer; before `run` returns if that is possible. Must not throw. */
export type Respond = (answer: CommandAnswer, command: Command) => void;

/** A command that was let in and is not answered yet. */
export interface RunningCommand {
  /** Ends it with this error, wherever it stands; one that has not begun never will. Idempotent. */
  cancel(reason: ProtocolError): void;
}

/** A command on its way. */
interface Entry extends RunningCommand {
  readonly command: Command;
  readonly facts: CommandFacts;
  readonly span: CommandSpan | undefined;
  readonly record: JournalEntry | undefined;
  readonly respond: Respond;
  answered: boolean;
  readonly issuer: CommandIssuer;
  readonly cause: Cause;
  readonly admitted: AdmittedCommand;
  readonly admittedMs: number;
  /** When execution began. */
  startedMs: number | undefined;
  /** Why it is not wanted any more. */
  cancelled: ProtocolError | undefined;
  /** Ends what it is doing: waiting, or running. */
  interrupt: ((reason: ProtocolError) => void) | undefined;
}

/**
 * Runs commands: asks admission, then runs control commands at once and data commands of one session one after the other, every one under a
 * signal that its deadline, a cancellation or the end of the server aborts. The deadline counts from the start of execution; a command
 * that is cancelled while it waits, or waits too long, never runs.
 *
 * Answered is not over: what goes on after its deadline keeps its lane and its place until it really ends.
 */
export class CommandRunner {
  readonly #options: CommandRunnerOptions;
  readonly #observer: CommandObserver;
  /** Commands that wait or run; bounded by what the connections may have unanswered. */
  readonly #entries = new Set<Entry>();
  /** Those with an id, by it and their principal; of several with the same, the latest. */
  readonly #byId = new Map<string, Entry>();
  #refusal: ProtocolError | undefined;
  #onAnswered: () => void = () => {};

  constructor(options: CommandRunnerOptions) {
    this.#options = options;
    this.#observer = options.observer ?? unobservedCommands;
  }

  snapshot(): CommandRunnerSnapshot {
    const { admission, lanes } = this.#options;
    const { bulkheads, ...rest } = admission.snapshot();
    return { inFlight: this.#entries.size, admission: { ...rest, bulkheads: [...bulkheads, lanes.snapshot()] } };
  }

  /**
   * Starts a command, queues it or says why not; `respond` gets the one answer. @returns the command while it is not answered, `undefined` when it was
   * answered already.
   */
  run(command: Command, issuer: CommandIssuer, respond: Respond): RunningCommand | undefined {
    const fault = this.#options.authorizer.fault(issuer.principal, command) ?? this.#faultBefore(command);
    const admitted =
      fault === undefined
        ? this.#options.admission.admit(command, issuer.principal.id)
        : ({ ok: false, fault } as const);
    if (!admitted.ok) {
      this.refused(command.type, admitted.fault.code);
      respond(failureAnswer(command, admitted.fault), command);
      return undefined;
    }
    const cause = causeOf(issuer.principal.id, command);
    const facts: CommandFacts = {
      type: command.type,
      commandId: command.id,
      correlationId: cause.correlationId,
      sessionId: command.sessionId,
      principalId: issuer.principal.id,
      connectionId: issuer.connectionId,
    };
    let record: JournalEntry | undefined;
    try {
      record = this.#recordOf(command, cause);
    } catch (error) {
      admitted.withdraw();
      const unrecorded = this.#fault(error, command, cause);
      this.refused(command.type, unrecorded.code);
      respond(failureAnswer(command, unrecorded), command);
      return undefined;
    }
    const entry: Entry = {
      command,
      facts,
      span: this.#options.tracer?.begin(facts),
      record,
      respond,
      answered: false,
      issuer,
      cause,
      admitted,
      admittedMs: performance.now(),
      startedMs: undefined,
      cancelled: undefined,
      interrupt: undefined,
      cancel: (reason) => cancelEntry(entry, reason),
    };
    this.#observer.commandAccepted(facts);
    this.#entries.add(entry);
    const key = keyOf(issuer.principal.id, command);
    if (key !== undefined) this.#byId.set(key, entry);
    void this.#process(entry);
    return entry.answered ? undefined : entry;
  }

  /** Takes note of a message that was answered without being asked about here. */
  refused(type: string | undefined, code: ErrorCode): void {
    const known = type === undefined ? undefined : commandContract(type);
    this.#observer.messageRefused(known?.type ?? UNREADABLE_COMMAND, code);
  }

  /** Cancels a command of the same principal that waits or runs; O(1). @returns whether there was one. */
  cancel(principalId: string, commandId: string): boolean {
    const entry = this.#byId.get(entryKey(principalId, commandId));
    if (entry === undefined) return false;
    cancelEntry(entry, new ProtocolError('CANCELLED', 'The command was cancelled'));
    return true;
  }

  /** Lets nothing new in, but what is never limited, and aborts what waits for its turn or for something that may never come. */
  refuse(reason: ProtocolError): void {
    this.#refusal = reason;
    for (const entry of this.#entries) if (commandContract(entry.command.type).limited) cancelEntry(entry, reason);
  }

  /** Why a command is not even asked about. */
  #faultBefore(command: Command): ProtocolFault | undefined {
    if (this.#refusal !== undefined && commandContract(command.type).limited) return this.#refusal;
    return unsupported(command);
  }

  /**
   * Lets nothing new in, as {@link refuse} does, ends what waits for its turn or for something that may never come, and lets the rest finish; what
   * still runs at the deadline is aborted. Resolves when every limited command is answered, soon after the deadline at the latest.
   */
  async drain(deadlineMs: number, reason: ProtocolError): Promise<void> {
    this.#refusal = reason;
    for (const entry of this.#entries) {
      const { limited, timeoutClass } = commandContract(entry.command.type);
      if (limited && (entry.startedMs === undefined || timeoutClass === 'wait')) cancelEntry(entry, reason);
    }
    const timer = setTimeout(() => this.refuse(reason), deadlineMs);
    await this.#drained();
    clearTimeout(timer);
  }

  /** Resolves when no limited command is unanswered. */
  #drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#onAnswered = () => {
        for (const { command } of this.#entries) if (commandContract(command.type).limited) return;
        this.#onAnswered = () => {};
        resolve();
      };
      this.#onAnswered();
    });
  }

  #recordOf(command: Command, { principalId, correlationId }: Cause): JournalEntry | undefined {
    const { journal } = this.#options;
    if (journal === undefined || !commandContract(command.type).journalled) return undefined;
    return journal.accept({ principalId, command, correlationId, acceptedAtMs: Date.now() });
  }

  /** From the door to the answer. */
  async #process(entry: Entry): Promise<void> {
    const { command, admitted, cause, record } = entry;
    let turn: Turn | undefined;
    try {
      const laneKey = commandContract(command.type).lane === 'data' ? command.sessionId : undefined;
      // No turn of the event loop, nor of the microtasks, for what need not wait.
      if (laneKey !== undefined) turn = this.#options.lanes.enter(laneKey) ?? (await this.#wait(entry, laneKey));
      if (record?.durable !== undefined) await record.durable;
      begin(entry);
      const outcome = await this.#execute(entry, turn);
      admitted.end(undefined);
      await record?.finish({
        outcome: { ok: true, ...outcome },
        sessionId: command.sessionId,
        finishedAtMs: Date.now(),
      });
      this.#answer(entry, {
        code: 'OK',
        text: successText(command.type, outcome.data, outcome.sessionVersion),
        data: outcome.data,
      });
    } catch (error) {
      const fault = this.#fault(error, command, cause);
      if (entry.startedMs === undefined) {
        turn?.release();
        admitted.withdraw();
        record?.withdraw();
      } else {
        admitted.end(fault);
        await record
          ?.finish({ outcome: { ok: false, fault }, sessionId: command.sessionId, finishedAtMs: Date.now() })
          ?.catch(() => {});
      }
      this.#answer(entry, { code: fault.code, text: failureText(command.type, fault) });
    }
  }

  async #wait(entry: Entry, laneKey: string): Promise<Turn> {
    const controller = new AbortController();
    entry.interrupt = (reason) => controller.abort(reason);
    const answer = await this.#options.lanes.wait(laneKey, controller.signal);
    entry.interrupt = undefined;
    if (answer.ok) return answer;
    throw entry.cancelled ?? errorOf(answer.fault);
  }

  /** From the beginning to the answer; the lane and the place are given back when the work itself is over. */
  async #execute(entry: Entry, turn: Turn | undefined): Promise<CommandOutcome> {
    const { command, admitted, admittedMs } = entry;
    entry.startedMs = performance.now();
    this.#observer.commandStarted(entry.facts, entry.startedMs - admittedMs);
    let isWorking = false;
    const over = (): void => {
      turn?.release();
      admitted.leave();
    };
    try {
      const timeoutMs = await commandTimeoutMs(command, this.#options.host);
      if (entry.cancelled !== undefined) throw entry.cancelled;
      const { signal, cancel, release } = commandSignal(timeoutMs);
      entry.interrupt = cancel;
      const start = (): Promise<CommandOutcome> => {
        const work = this.#carryOut(entry, signal);
        isWorking = true;
        work.then(over, over);
        return work;
      };
      return await untilAborted(start, signal, commandContract(command.type).lastWordMs).finally(release);
    } finally {
      if (!isWorking) over();
    }
  }

  async #carryOut({ command, issuer, cause, span }: Entry, signal: AbortSignal): Promise<CommandOutcome> {
    const { host, authorizer, handlers, server } = this.#options;
    await this.#checkVersion(command);
    signal.throwIfAborted();
    const cancel = (commandId: string): boolean => this.cancel(issuer.principal.id, commandId);
    const maySee = (sessionId: string): boolean => authorizer.maySee(issuer.principal, sessionId);
    const context: CommandContext = { host, issuer, server, cause, maySee, cancel, signal };
    const handler = handlers[command.type] as (command: Command, context: CommandContext) => unknown;
    const data = await (span === undefined ? handler(command, context) : span.within(() => handler(command, context)));
    const sessionVersion = await this.#versionAfter(command, data);
    return { data, ...(sessionVersion !== undefined && { sessionVersion }) };
  }

  /** The version a change has led to; `undefined` where nothing changed, or nothing is left that could have one. */
  async #versionAfter(command: Command, data: unknown): Promise<number | undefined> {
    if (!commandContract(command.type).mutates || command.type === 'delete_session') return undefined;
    const { sessionId } = data as { sessionId: string };
    return (await this.#options.host.get(sessionId)).version;
  }

  async #checkVersion({ sessionId, ifSessionVersion }: Command): Promise<void> {
    if (ifSessionVersion === undefined || sessionId === undefined) return;
    const { version } = await this.#options.host.get(sessionId);
    if (version === ifSessionVersion) return;
    throw new ProtocolError(
      'SESSION_VERSION_MISMATCH',
      `Cannot run the command: the session has version ${version}, expected ${ifSessionVersion}`,
      {
        details: { sessionVersion: version },
      },
    );
  }

  #answer(entry: Entry, { text, ...answer }: CommandAnswer): void {
    const { command, facts, issuer, startedMs, span } = entry;
    this.#entries.delete(entry);
    const key = keyOf(issuer.principal.id, command);
    if (key !== undefined && this.#byId.get(key) === entry) this.#byId.delete(key);
    const durationMs = startedMs === undefined ? 0 : performance.now() - startedMs;
    this.#observer.commandFinished(facts, answer.code, durationMs, false);
    span?.end(answer.code);
    entry.answered = true;
    entry.respond({ ...answer, text: addressed(text, command.id) }, command);
    this.#onAnswered();
  }

  #fault(error: unknown, command: Command, { correlationId }: Cause): ProtocolError {
    if (isProtocolError(error)) return error;
    this.#options.logger.error({ err: error, command: command.type, correlationId }, 'command failed unexpectedly');
    const message = 'The command failed because of a defect of the server; its log tells more under the correlation id';
    return new ProtocolError('INTERNAL', message, { details: { correlationId } });
  }
}

/** @throws ProtocolError when the command is not wanted any more, or when the breaker before it refuses. */
function begin({ cancelled, admitted }: Entry): void {
  if (cancelled !== undefined) throw cancelled;
  const refusal = admitted.begin();
  if (refusal !== undefined) throw errorOf(refusal.fault);
}

function failureAnswer(command: Command, fault: ProtocolFault): CommandAnswer {
  return { code: fault.code, text: addressed(failureText(command.type, fault), command.id) };
}

/** What a command can be cancelled by; a cancellation itself cannot. */
function keyOf(principalId: string, { id, type }: Command): string | undefined {
  return id === undefined || type === 'cancel_command' ? undefined : entryKey(principalId, id);
}

function entryKey(principalId: string, commandId: string): string {
  // A space occurs in no command id.
  return `${commandId} ${principalId}`;
}

function cancelEntry(entry: Entry, reason: ProtocolError): void {
  entry.cancelled ??= reason;
  entry.interrupt?.(reason);
}

function errorOf(fault: ProtocolFault): ProtocolError {
  return new ProtocolError(fault.code, fault.message, fault);
}

/** What this server does not do yet is refused, because leaving it out silently would break the promise it stands for. */
function unsupported(command: Command): ProtocolFault | undefined {
  const field = ['dependsOn', 'idempotencyKey'].find((name) => Object.hasOwn(command, name));
  if (field === undefined) return undefined;
  const message = `Cannot run the command: this server does not support ${field}`;
  return { code: 'INVALID_COMMAND', message, details: { field } };
}
