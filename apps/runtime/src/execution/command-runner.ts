import {
  type Command,
  type CommandContract,
  commandContract,
  defaultTimeoutsMs,
  isProtocolError,
  ProtocolError,
} from '@sessiond/protocol';
import type { Logger } from 'pino';
import type { CommandContext, CommandHandlers, CommandIssuer, ServerFacts } from '../commands/command-context.ts';
import type { SessionHost } from '../sessions/session-host.ts';
import { CommandLanes } from './command-lanes.ts';
import { type CommandSignal, commandSignal } from './command-signal.ts';
import { untilAborted } from './until-aborted.ts';

/** What the runner needs; one for all connections. */
export interface CommandRunnerOptions {
  readonly host: SessionHost;
  readonly handlers: CommandHandlers;
  readonly server: ServerFacts;
  readonly logger: Logger;
}

/** What a successful command is answered with. */
export interface CommandOutcome {
  readonly data: unknown;
  /** The session's version after a change. */
  readonly sessionVersion?: number;
}

/** A command that was let in and is queued or running. */
export interface RunningCommand {
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
  readonly #lanes = new CommandLanes();
  readonly #running = new Set<CommandSignal>();
  #refusal: ProtocolError | undefined;

  constructor(options: CommandRunnerOptions) {
    this.#options = options;
  }

  /** Commands that are executing. */
  get running(): number {
    return this.#running.size;
  }

  /** Starts a command or queues it. The outcome rejects with what the client is to be told. */
  run(command: Command, issuer: CommandIssuer): RunningCommand {
    const contract = commandContract(command.type)!;
    let cancelled: ProtocolError | undefined;
    let running: CommandSignal | undefined;
    const execute = async (): Promise<CommandOutcome> => {
      if (cancelled !== undefined) throw cancelled;
      if (this.#refusal !== undefined) throw this.#refusal;
      checkSupported(command);
      running = commandSignal(timeoutOf(command, contract));
      return this.#execute(command, issuer, running);
    };
    const laneKey = contract.lane === 'data' ? command.sessionId : undefined;
    const outcome = laneKey === undefined ? execute() : this.#lanes.enqueue(laneKey, execute);
    return {
      outcome: outcome.catch((error: unknown) => {
        throw this.#fault(error, command);
      }),
      cancel: (reason) => {
        cancelled = reason;
        running?.cancel(reason);
      },
    };
  }

  /** Lets nothing new in and aborts what waits for something that may never come. */
  refuse(reason: ProtocolError): void {
    this.#refusal = reason;
    for (const running of this.#running) running.cancel(reason);
  }

  async #execute(command: Command, issuer: CommandIssuer, running: CommandSignal): Promise<CommandOutcome> {
    const { host, handlers, server } = this.#options;
    this.#running.add(running);
    try {
      await this.#checkVersion(command);
      const context: CommandContext = { host, issuer, server, signal: running.signal };
      const handler = handlers[command.type] as (command: Command, context: CommandContext) => Promise<unknown>;
      const data = await untilAborted(handler(command, context), running.signal);
      if (command.type !== 'set_session_name') return { data };
      return { data, sessionVersion: (await host.get(command.sessionId)).version };
    } finally {
      running.release();
      this.#running.delete(running);
    }
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

  #fault(error: unknown, command: Command): ProtocolError {
    if (isProtocolError(error)) return error;
    this.#options.logger.error(
      { err: error, command: command.type, commandId: command.id },
      'command failed unexpectedly',
    );
    return new ProtocolError('INTERNAL', 'The command failed because of a defect of the server; its log tells more');
  }
}

/** The command's own limit, else that of its class; ending a process may take its grace period longer. */
function timeoutOf(command: Command, { timeoutClass }: CommandContract): number | null {
  if (command.timeoutMs !== undefined) return command.timeoutMs;
  const timeoutMs = defaultTimeoutsMs[timeoutClass];
  if (timeoutMs === null || command.type !== 'terminate') return timeoutMs;
  return timeoutMs + (command.gracePeriodMs ?? 0);
}

/** What this server does not do yet is refused, because leaving it out silently would break the promise it stands for. */
function checkSupported(command: Command): void {
  for (const field of ['dependsOn', 'idempotencyKey'] as const) {
    if (command[field] === undefined) continue;
    throw new ProtocolError('INVALID_COMMAND', `Cannot run the command: this server does not support ${field}`, {
      details: { field },
    });
  }
}
