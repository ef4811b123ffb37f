import {
  type Command,
  type CommandType,
  commandContract,
  type ErrorCode,
  ProtocolError,
  type ProtocolFault,
} from '@sessiond/protocol';
import type { SessionTraits } from '../admission/breaker-rules.ts';
import { rightsOf } from '../auth/rights.ts';
import type { CommandContext, CommandIssuer } from '../commands/command-context.ts';
import type { RecordedOutcome } from '../journal/command-journal.ts';
import { CommandAnswers } from './command-answers.ts';
import { CommandDefects } from './command-defects.ts';
import { CommandDoor } from './command-door.ts';
import { IssuedCommand } from './command-facts.ts';
import { CommandMemory, UNKNOWN } from './command-memory.ts';
import { type CommandObserver, unobservedCommands } from './command-observer.ts';
import { CommandRecorder } from './command-recorder.ts';
import { CommandRun, type Respond, type RunEnvironment, type RunningCommand, type Waiter } from './command-run.ts';
import type { CommandRunnerOptions, CommandRunnerSnapshot } from './command-runner-options.ts';
import { commandTimeoutMs } from './command-timeout.ts';
import { CommandTurns } from './command-turns.ts';
import { CommandsInFlight } from './commands-in-flight.ts';
import { Deadlines } from './deadlines.ts';
import { Dependencies } from './dependencies.ts';
import { assertVersion } from './session-version.ts';

/**
 * Runs commands: answers from memory what was sent before; else asks who may and admission, waits for what the command depends on and for its turn, and carries it out under a signal that
 * its deadline, a cancellation or the end of the server aborts. Control commands run at once, data commands of one session one after the other. The deadline counts from the start of
 * execution; a command that is cancelled while it waits, or waits too long, never runs.
 *
 * Every command is answered exactly once, and one with an id has one outcome: it is remembered before it is told.
 *
 * Answered is not over: what goes on after its deadline keeps its lane and its place until it really ends, and changes nothing of its outcome.
 *
 * A defect of what stands before a command, a limit, a breaker, the journal or who is told of them, is the command's own: it ends as `INTERNAL`, and nobody behind it waits for it.
 *
 * What need not wait runs within the call, and is answered within it if its handler answers at once.
 */
export class CommandRunner {
  readonly #options: CommandRunnerOptions;
  readonly #observer: CommandObserver;
  readonly #now: () => number;
  readonly #deadlines: Deadlines;
  readonly #memory: CommandMemory;
  readonly #turns: CommandTurns;
  readonly #environment: RunEnvironment;
  readonly #inFlight: CommandsInFlight;
  readonly #defects: CommandDefects;
  readonly #door: CommandDoor;
  readonly #answers: CommandAnswers;
  #dependencyWaits = 0;
  #refusal: ProtocolError | undefined;
  readonly #sessions: SessionTraits = {
    instanceOf: (sessionId) => this.#options.host.facts(sessionId)?.instance,
    modelOf: (sessionId) => this.#options.host.provider(sessionId),
  };

  constructor(options: CommandRunnerOptions) {
    const { host, server, authorizer, admission, outcomes, observer, now, deadlines, journal, tracer, logger } =
      options;
    this.#options = options;
    this.#observer = observer ?? unobservedCommands;
    this.#now = now ?? (() => performance.now());
    this.#deadlines = deadlines ?? new Deadlines({ now });
    this.#turns = new CommandTurns(options);
    this.#inFlight = new CommandsInFlight(this.#deadlines);
    this.#memory = new CommandMemory({ outcomes, sessions: host });
    this.#defects = new CommandDefects(logger);
    const recorder = new CommandRecorder({ journal, memory: this.#memory });
    this.#door = new CommandDoor({ admission, recorder, tracer, defects: this.#defects, now: this.#now });
    this.#answers = new CommandAnswers({
      memory: this.#memory,
      recorder,
      inFlight: this.#inFlight,
      observer: this.#observer,
      now: this.#now,
    });
    this.#environment = {
      host,
      server,
      authorizer,
      cancel: (issuer, commandId) => this.#cancel(issuer, commandId),
      cancelBeginning: (type, sessionId) => this.#cancelBeginning(type, sessionId),
      aborted: (run, reason) => this.#aborted(run, reason),
    };
  }

  snapshot(): CommandRunnerSnapshot {
    const { admission, lanes, outcomes } = this.#options;
    const { bulkheads, ...rest } = admission.snapshot();
    return {
      inFlight: this.#inFlight.size,
      admission: { ...rest, bulkheads: [...bulkheads, lanes.snapshot()] },
      outcomes: { ...outcomes.snapshot(), replays: this.#answers.replays, dependencyWaits: this.#dependencyWaits },
    };
  }

  /**
   * Answers a command from memory, starts it, queues it or says why not; `respond` gets the one answer. @returns the command while it is not
   * answered, `undefined` when it was answered already.
   */
  run(command: Command, issuer: CommandIssuer, respond: Respond): RunningCommand | undefined {
    const keys = this.#memory.keysOf(command, issuer);
    const recalled = this.#memory.recall(command, keys);
    const facts = new IssuedCommand(command, issuer);
    const isCovered =
      recalled === undefined || this.#options.authorizer.covers(issuer.principal, command, recalled.rights);
    // What it is not to be told of it does not take the place of either.
    const waiter: Waiter = { command, respond, facts, keys: isCovered ? keys : UNKNOWN };
    if (recalled !== undefined && isCovered) return this.#answers.recall(recalled, waiter, issuer);
    const fault =
      this.#options.authorizer.fault(issuer.principal, command, issuer.connectionId) ?? this.#closed(command);
    if (fault !== undefined) return this.#answers.refuse(waiter, fault);
    const entry = this.#door.enter(waiter, issuer);
    if ('fault' in entry) return this.#answers.refuse(waiter, entry.fault);
    const run = new CommandRun(this.#environment, entry.parts);
    this.#inFlight.add(run);
    this.#memory.enter(run, waiter.keys);
    this.#begin(run);
    return run.isAnswered ? undefined : run;
  }

  /** Who will own the session of this id, if a command that waits or runs is to create it; so that what is to follow that can be sent at once. */
  expected(sessionId: string): { readonly owner: string } | undefined {
    const owner = this.#inFlight.ownerToBe(sessionId);
    return owner === undefined ? undefined : { owner };
  }

  /** Takes note of a message that was answered without being asked about here. */
  refused(type: string | undefined, code: ErrorCode): void {
    this.#answers.refused(type, code);
  }

  /**
   * Lets nothing new in but what is never limited, ends what waits, and lets the rest finish until the deadline, as {@link CommandsInFlight.drain} has it; by default all
   * commands are `awaited`.
   */
  drain(deadlineMs: number, reason: ProtocolError, awaited: (command: Command) => boolean = () => true): Promise<void> {
    this.#refusal = reason;
    return this.#inFlight.drain(deadlineMs, reason, awaited);
  }

  /** Why nothing new is let in. */
  #closed({ type }: Command): ProtocolFault | undefined {
    return this.#refusal !== undefined && commandContract(type).limited ? this.#refusal : undefined;
  }

  /** Carries the command out at once if it need not wait: no turn of the event loop, nor of the microtasks. */
  #begin(run: CommandRun): void {
    let isReady: boolean;
    try {
      this.#observer.commandAccepted(run.facts);
      this.#findDependencies(run);
      isReady = this.#turns.takeNow(run) && run.record?.durable === undefined;
    } catch (error) {
      this.#decide(run, this.#failure(run, error));
      return;
    }
    if (isReady) this.#start(run);
    else void this.#startLater(run);
  }

  /** @throws ProtocolError when the command can never run. */
  #findDependencies(run: CommandRun): void {
    const { command, issuer } = run;
    if (command.dependsOn === undefined) return;
    const lookup = this.#memory.dependenciesOf(issuer);
    const dependencies = new Dependencies<CommandRun>(command, lookup, (reason) => run.abort(reason));
    if (dependencies.isMet()) return;
    run.dependencies = dependencies;
    this.#dependencyWaits += 1;
  }

  async #startLater(run: CommandRun): Promise<void> {
    try {
      await this.#turns.wait(run);
      await run.record?.durable;
      this.#checkReach(run);
    } catch (error) {
      this.#decide(run, { ok: false, fault: run.abortReason ?? this.#defects.faultOf(error, run.facts) });
      return;
    }
    this.#start(run);
  }

  /** The session of the id may have become that of somebody else meanwhile. */
  #checkReach({ issuer, command }: CommandRun): void {
    const fault = this.#options.authorizer.fault(issuer.principal, command, issuer.connectionId);
    if (fault !== undefined) throw new ProtocolError(fault.code, fault.message, fault);
  }

  /** The command has everything it has to wait for. */
  #start(run: CommandRun): void {
    const beginning = this.#beginning(run);
    if ('fault' in beginning) {
      this.#ended(run, { ok: false, fault: beginning.fault });
      return;
    }
    const { timeoutMs } = beginning;
    if (typeof timeoutMs === 'object' && timeoutMs !== null) {
      timeoutMs.then(
        (ms) => this.#carryOut(run, ms),
        (error) => this.#ended(run, this.#failure(run, error)),
      );
    } else {
      this.#carryOut(run, timeoutMs);
    }
  }

  /** Asks the breaker, and takes note that execution begins. @returns how long it may take, or why it does not go on. */
  #beginning(run: CommandRun): { timeoutMs: ReturnType<typeof commandTimeoutMs> } | { fault: ProtocolFault } {
    const { command, admitted, abortReason } = run;
    try {
      const refusal = abortReason ?? admitted.begin(this.#sessions)?.fault;
      if (refusal !== undefined) return { fault: refusal };
      run.startedMs = this.#now();
      run.startedAtMs = run.record === undefined ? undefined : Date.now();
      if (run.record !== undefined || run.keys.byKey !== undefined) run.instance = this.#memory.lifeBefore(command);
      this.#observer.commandStarted(run.facts, run.startedMs - run.admittedMs);
      return { timeoutMs: commandTimeoutMs(command, this.#options.host, this.#options.timeoutsMs) };
    } catch (error) {
      return { fault: this.#defects.faultOf(error, run.facts) };
    }
  }

  #carryOut(run: CommandRun, timeoutMs: number | null): void {
    if (run.abortReason !== undefined) {
      this.#ended(run, { ok: false, fault: run.abortReason });
      return;
    }
    try {
      const data = this.#handle(run);
      if (!(data instanceof Promise)) {
        this.#ended(run, this.#success(run, data));
        return;
      }
      if (timeoutMs !== null && run.abortReason === undefined)
        run.deadline = this.#deadlines.set(timeoutMs, () => run.abort(timedOut(timeoutMs)));
      data.then(
        (value) => this.#ended(run, this.#success(run, value)),
        (error) => this.#ended(run, this.#failure(run, error)),
      );
    } catch (error) {
      this.#ended(run, this.#failure(run, error));
    }
  }

  #handle(run: CommandRun): unknown {
    const { command, span } = run;
    assertVersion(command, this.#options.host);
    const handler = this.#options.handlers[command.type] as (command: Command, context: CommandContext) => unknown;
    return span === undefined ? handler(command, run) : span.within(() => handler(command, run));
  }

  /** The work is over; whether anybody still learns of it, or it was given up, is another question. */
  #ended(run: CommandRun, outcome: RecordedOutcome): void {
    this.#decide(run, outcome);
    run.release();
  }

  #aborted(run: CommandRun, reason: ProtocolError): void {
    // One that waits is told by its signal, and gives back what it has before it is decided.
    if (run.startedMs === undefined) return;
    const { lastWordMs } = run.contract;
    const giveUp = (): void => this.#decide(run, { ok: false, fault: reason });
    run.deadline?.clear();
    if (lastWordMs === 0) giveUp();
    else run.deadline = this.#deadlines.set(lastWordMs, giveUp);
  }

  /** Settles the outcome, for good; a later one is nobody's. It is on record before it is told. */
  #decide(run: CommandRun, outcome: RecordedOutcome): void {
    if (run.isDecided) return;
    run.isDecided = true;
    run.deadline?.clear();
    run.dependencies?.close();
    const { admitted, startedMs, facts } = run;
    if (startedMs === undefined) {
      this.#defects.attempt(facts, () => admitted.withdraw());
      run.release();
    } else {
      this.#defects.attempt(facts, () => admitted.end(outcome.ok ? undefined : outcome.fault));
    }
    this.#answers.answer(run, outcome);
  }

  #success({ command, contract }: CommandRun, data: unknown): RecordedOutcome {
    if (!contract.mutates) return { ok: true, data };
    const sessionId = command.sessionId ?? (data as { readonly sessionId: string }).sessionId;
    const sessionVersion = this.#options.host.facts(sessionId)?.version;
    return sessionVersion === undefined ? { ok: true, data } : { ok: true, data, sessionVersion };
  }

  #failure({ facts }: CommandRun, error: unknown): RecordedOutcome {
    return { ok: false, fault: this.#defects.faultOf(error, facts) };
  }

  #cancel(issuer: CommandIssuer, commandId: string): boolean {
    const run = this.#memory.unanswered(issuer, commandId);
    if (run === undefined || run.isDecided) return false;
    if (!this.#options.authorizer.covers(issuer.principal, run.command, rightsOf(run.issuer.principal))) return false;
    run.abort(new ProtocolError('CANCELLED', 'The command was cancelled'));
    return true;
  }

  async #cancelBeginning(type: CommandType, sessionId: string): Promise<boolean> {
    const run = this.#inFlight.aboutToBegin(type, sessionId);
    if (run === undefined) return false;
    const answered = new Promise<void>((resolve) => run.onAnswered(() => resolve()));
    run.abort(new ProtocolError('CANCELLED', 'The command was ended before it began'));
    await answered;
    return true;
  }
}

function timedOut(timeoutMs: number): ProtocolError {
  return new ProtocolError('TIMEOUT', `The command did not finish within ${timeoutMs} ms`, { timedOut: true });
}
