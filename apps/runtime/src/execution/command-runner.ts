import { type Command, commandContract, isProtocolError, ProtocolError } from '@sessiond/protocol';
import type { Logger } from 'pino';
import type { CommandContext, CommandHandlers, CommandIssuer, ServerFacts } from '../commands/command-context.ts';
import { type Cause, causeOf } from '../sessions/cause.ts';
import type { SessionHost } from '../sessions/session-host.ts';
import { CommandLanes } from './command-lanes.ts';
import { type CommandObserver, type ObservedCode, unobservedCommands } from './command-observer.ts';
import { type CommandSignal, commandSignal } from './command-signal.ts';
import { commandTimeoutMs } from './command-timeout.ts';
import { untilAborted } from './until-aborted.ts';

/** What tells how the server is must work when nothing else does. */
const ALWAYS_ANSWERED: ReadonlySet<string> = new Set(['health_check', 'get_metrics']);

/** What the runner needs; one for all connections. */
export interface CommandRunnerOptions {
  readonly host: SessionHost;
  readonly handlers: CommandHandlers;
  readonly server: ServerFacts;
  readonly logger: Logger;
  /** Default: nobody is told. */
  readonly observer?: CommandObserver | undefined;
}

/** Commands at this moment. */
export interface CommandRunnerSnapshot {
  /** Let in and not answered yet: those that wait in a lane and those that run. */
  readonly inFlight: number;
  /** Of these, those that run. */
  readonly running: number;
}

/** What a successful command is answered with. */
export interface CommandOutcome {
  readonly data: unknown;
  /** The session's version after a change. */
  readonly sessionVersion?: number;
}

/** A command that was let in and is queued or running. */
export interface RunningCommand {
  readonly command: Command;
  readonly principalId: string;
  readonly outcome: Promise<CommandOutcome>;
  cancel(reason: ProtocolError): void;
}

/**
 * Runs commands: control commands at once, data commands of one session one after the other, every one under a signal
 * that its deadline, a cancellation or the end of the server aborts. The deadline counts from the start of execution; a
 * command that is cancelled while it is queued never runs.
 */
export class CommandRunner {
  readonly #options: CommandRunnerOptions;
  readonly #observer: CommandObserver;
  readonly #lanes = new CommandLanes();
  /** Commands that wait or run; bounded by what the connections may have unanswered. */
  readonly #admitted = new Set<RunningCommand>();
  readonly #running = new Set<CommandSignal>();
  #refusal: ProtocolError | undefined;

  constructor(options: CommandRunnerOptions) {
    this.#options = options;
    this.#observer = options.observer ?? unobservedCommands;
  }

  snapshot(): CommandRunnerSnapshot {
    return { inFlight: this.#admitted.size, running: this.#running.size };
  }

  /** Starts a command or queues it. The outcome rejects with what the client is to be told. */
  run(command: Command, issuer: CommandIssuer): RunningCommand {
    const contract = commandContract(command.type)!;
    const cause = causeOf(command);
    let cancelled: ProtocolError | undefined;
    let running: CommandSignal | undefined;
    const admittedMs = performance.now();
    let startedMs: number | undefined;
    const execute = async (): Promise<CommandOutcome> => {
      if (this.#refusal !== undefined && !ALWAYS_ANSWERED.has(command.type)) throw this.#refusal;
      checkSupported(command);
      const timeoutMs = await commandTimeoutMs(command, this.#options.host);
      if (cancelled !== undefined) throw cancelled;
      startedMs = performance.now();
      this.#observer.commandStarted(command.type, startedMs - admittedMs);
      running = commandSignal(timeoutMs);
      return this.#execute(command, { issuer, cause, running });
    };
    const laneKey = contract.lane === 'data' ? command.sessionId : undefined;
    const outcome = laneKey === undefined ? execute() : this.#lanes.enqueue(laneKey, execute);
    const entry: RunningCommand = {
      command,
      principalId: issuer.principalId,
      outcome: outcome.catch((error: unknown) => {
        throw this.#fault(error, command, cause);
      }),
      cancel: (reason) => {
        cancelled = reason;
        running?.cancel(reason);
      },
    };
    this.#admitted.add(entry);
    const leave = (code: ObservedCode): void => {
      this.#admitted.delete(entry);
      this.#observer.commandFinished(command.type, code, startedMs === undefined ? 0 : performance.now() - startedMs);
    };
    entry.outcome.then(
      () => leave('OK'),
      (fault: ProtocolError) => leave(fault.code),
    );
    return entry;
  }

  /** Cancels a command of the same principal that waits or runs. @returns whether there was one. */
  cancel(principalId: string, commandId: string): boolean {
    for (const entry of this.#admitted) {
      const { command } = entry;
      if (entry.principalId !== principalId || command.id !== commandId || command.type === 'cancel_command') continue;
      entry.cancel(new ProtocolError('CANCELLED', 'The command was cancelled'));
      return true;
    }
    return false;
  }

  /** Lets nothing new in and aborts what waits for something that may never come. */
  refuse(reason: ProtocolError): void {
    this.#refusal = reason;
    for (const running of this.#running) running.cancel(reason);
  }

  async #execute(
    command: Command,
    { issuer, cause, running }: { issuer: CommandIssuer; cause: Cause; running: CommandSignal },
  ): Promise<CommandOutcome> {
    const { host, handlers, server } = this.#options;
    const cancel = (commandId: string): boolean => this.cancel(issuer.principalId, commandId);
    this.#running.add(running);
    try {
      await this.#checkVersion(command);
      const context: CommandContext = { host, issuer, server, cause, cancel, signal: running.signal };
      const handler = handlers[command.type] as (command: Command, context: CommandContext) => Promise<unknown>;
      const data = await untilAborted(() => handler(command, context), running.signal);
      const sessionVersion = await this.#versionAfter(command, data);
      return { data, ...(sessionVersion !== undefined && { sessionVersion }) };
    } finally {
      running.release();
      this.#running.delete(running);
    }
  }

  /** The version a change has led to; `undefined` where nothing changed, or nothing is left that could have one. */
  async #versionAfter(command: Command, data: unknown): Promise<number | undefined> {
    if (!commandContract(command.type)!.mutates || command.type === 'delete_session') return undefined;
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

  #fault(error: unknown, command: Command, { correlationId }: Cause): ProtocolError {
    if (isProtocolError(error)) return error;
    this.#options.logger.error({ err: error, command: command.type, correlationId }, 'command failed unexpectedly');
    const message = 'The command failed because of a defect of the server; its log tells more under the correlation id';
    return new ProtocolError('INTERNAL', message, { details: { correlationId } });
  }
}

/** What this server does not do yet is refused, because leaving it out silently would break the promise it stands for. */
function checkSupported(command: Command): void {
  const field = ['dependsOn', 'idempotencyKey'].find((name) => Object.hasOwn(command, name));
  if (field === undefined) return;
  throw new ProtocolError('INVALID_COMMAND', `Cannot run the command: this server does not support ${field}`, {
    details: { field },
  });
}
