import type { ClientConnection } from '@agentclientprotocol/sdk';
import type { AgentProcess, AgentProcessExit, AgentProcesses } from '../agent-process.ts';
import type { Clock } from '../clock.ts';
import { AgentFailedError, AgentUnavailableError, isAgentError } from '../errors.ts';
import { settledWithin } from '../settled-within.ts';
import { StderrTail } from '../stderr-tail.ts';
import { withEither } from '../with-either.ts';
import { agentErrorCode } from './agent-failure.ts';
import { type ClientRequests, createClient } from './client-app.ts';
import { isRecord, readList, readText } from './json.ts';
import type { AcpSdk } from './load-sdk.ts';
import { messageStream } from './message-stream.ts';

/** The version of the protocol that is spoken here. */
const PROTOCOL_VERSION = 1;

/** How much of the end of an agent's stderr is kept, in characters. */
const STDERR_LENGTH = 4_096;

/** How long after the end of the process its stdout may still have something to say, and how long it may live on without. */
const LAST_WORDS_MS = 250;

/** Longest name of an agent. */
const MAX_NAME = 256;

/** What an {@link AcpLink} is made of. */
export interface AcpLinkParts {
  readonly sdk: AcpSdk;
  readonly processes: AgentProcesses;
  readonly clock: Clock;
  /** Names the process among those of the owner. */
  readonly id: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly clientVersion: string;
  /** From the start of the process to the end of the handshake, at most. */
  readonly startMs: number;
  readonly gracePeriodMs: number;
  readonly maxLineBytes: number;
  /** Takes the parameters of each `session/update`, in order with the answers to requests. */
  readonly onUpdate: (params: unknown) => void;
  /** Serves what the agent asks for. */
  readonly requests: ClientRequests;
}

/** What an agent can do, as it says in the handshake. */
export interface AgentAbilities {
  /** What it calls itself; else its program. */
  readonly name: string;
  readonly load: boolean;
  readonly resume: boolean;
  readonly list: boolean;
  readonly images: boolean;
  /** Names of the ways to authenticate with it. */
  readonly logins: readonly string[];
}

/**
 * A process that speaks the protocol, from its start to its end: one life, no restart.
 *
 * Whatever is asked of it rejects when the process ends, with the end of what it wrote to stderr in the message. Memory: see `messageStream`, and 8 KiB of stderr.
 */
export class AcpLink {
  readonly pid: number;
  /** Resolves once the process was reaped, what it had said was heard, and what it had started was ended. Never rejects. */
  readonly exited: Promise<AgentProcessExit>;
  readonly abilities: AgentAbilities;
  readonly #process: AgentProcess;
  readonly #connection: ClientConnection;
  readonly #gracePeriodMs: number;
  readonly #lastWords: () => string;

  /** Use {@link AcpLink.open}. */
  private constructor(
    process: AgentProcess,
    connection: ClientConnection,
    rest: Pick<AcpLink, 'abilities' | 'exited'> & { gracePeriodMs: number; lastWords: () => string },
  ) {
    this.pid = process.pid;
    this.exited = rest.exited;
    this.abilities = rest.abilities;
    this.#process = process;
    this.#connection = connection;
    this.#gracePeriodMs = rest.gracePeriodMs;
    this.#lastWords = rest.lastWords;
  }

  /**
   * Starts the process and shakes hands. When it rejects no process is left.
   * @throws AgentUnavailableError when it cannot be started or does not speak this version, AgentFailedError when it ends or says nothing in time, the signal's reason.
   */
  static async open(parts: AcpLinkParts, signal: AbortSignal): Promise<AcpLink> {
    signal.throwIfAborted();
    const process = await start(parts);
    const stderr = new StderrTail(STDERR_LENGTH, parts.env);
    process.stderr.setEncoding('utf8').on('data', (text: string) => stderr.add(text));
    let broken: Error | undefined;
    const stream = messageStream(process, parts.maxLineBytes, {
      onUpdate: parts.onUpdate,
      onNoise: (line) => stderr.add(`${line.slice(0, STDERR_LENGTH)}\n`),
      onBroken: (error) => {
        broken = error;
        process.kill();
      },
    });
    const lastWords = () => broken?.message ?? stderr.lastLine();
    const connection = createClient(parts.sdk, parts.requests).connect(stream);
    const exited = endOf(process, connection, parts);
    try {
      const abilities = await handshake(connection, parts, signal);
      return new AcpLink(process, connection, { abilities, exited, gracePeriodMs: parts.gracePeriodMs, lastWords });
    } catch (error) {
      connection.close();
      await process.terminate(parts.gracePeriodMs);
      signal.throwIfAborted();
      if (error instanceof AgentUnavailableError) throw error;
      // What it complained of may be heard after its end.
      await settledWithin(parts.clock, LAST_WORDS_MS, exited);
      throw new AgentFailedError(withWords(messageOf(error), lastWords()), { cause: error });
    }
  }

  /**
   * Asks the agent. Aborting the signal tells it so and waits no longer.
   * @throws what the agent answers with (see `agentErrorCode`), AgentFailedError when its process ends, the signal's reason.
   */
  async request(method: string, params: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<unknown> {
    signal?.throwIfAborted();
    try {
      const options = signal === undefined ? {} : { cancellationSignal: signal, stopWaitingOnCancel: true };
      return await this.#connection.agent.request<unknown>(method, params, options);
    } catch (error) {
      signal?.throwIfAborted();
      if (agentErrorCode(error) !== undefined) throw error;
      throw await this.#ended(method, error);
    }
  }

  /** Tells the agent something. Never rejects. */
  async notify(method: string, params: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#connection.agent.notify(method, params).catch(() => {});
  }

  /** Ends the process with all it started: closes its stdin, SIGTERM, SIGKILL after the grace period. Idempotent, never rejects. */
  async end(gracePeriodMs: number = this.#gracePeriodMs): Promise<void> {
    this.#connection.close();
    this.#process.stdin.end();
    await this.#process.terminate(Math.min(gracePeriodMs, this.#gracePeriodMs));
  }

  /** Kills the process with all it started, and waits for nothing. Never throws. */
  kill(): void {
    this.#process.kill();
  }

  async #ended(method: string, cause: unknown): Promise<AgentFailedError> {
    const { exitCode, signal } = await this.exited;
    const how = signal === null ? `with status ${exitCode}` : `by ${signal}`;
    return new AgentFailedError(withWords(`The agent's process ended ${how} during ${method}`, this.#lastWords()), {
      cause,
      interrupted: true,
    });
  }
}

/** Waits for the end of the process and of what it said, whichever is first; its stdout may be held open by processes it leaves behind. */
async function endOf(
  process: AgentProcess,
  connection: ClientConnection,
  { clock, gracePeriodMs }: Pick<AcpLinkParts, 'clock' | 'gracePeriodMs'>,
): Promise<AgentProcessExit> {
  const complained = new Promise((resolve) => process.stderr.once('close', resolve));
  await Promise.race([process.exited, connection.closed]);
  await settledWithin(clock, LAST_WORDS_MS, Promise.all([process.exited, connection.closed, complained]));
  connection.close();
  // One that cannot be heard is of no use, and what it leaves behind belongs to nobody.
  await process.terminate(gracePeriodMs);
  return process.exited;
}

async function start({ processes, id, command, args, cwd, env }: AcpLinkParts): Promise<AgentProcess> {
  try {
    return await processes.start({ id, command, args, cwd, env });
  } catch (cause) {
    if (isAgentError(cause)) throw cause;
    throw new AgentUnavailableError(`Cannot start agent: ${messageOf(cause)}`, { cause });
  }
}

async function handshake(
  connection: ClientConnection,
  parts: AcpLinkParts,
  signal: AbortSignal,
): Promise<AgentAbilities> {
  const deadline = new AbortController();
  const seconds = parts.startMs / 1_000;
  const clear = parts.clock.after(parts.startMs, () => {
    deadline.abort(new AgentFailedError(`Cannot start agent: it did not answer to initialize within ${seconds} s`));
  });
  const introduction = {
    protocolVersion: PROTOCOL_VERSION,
    clientInfo: { name: 'sessiond', version: parts.clientVersion },
    clientCapabilities: {
      fs: { readTextFile: false, writeTextFile: false },
      terminal: parts.requests.terminals !== undefined,
      session: { notices: {}, compaction: {} },
    },
  };
  try {
    const answer = await withEither(signal, deadline.signal, (either) =>
      connection.agent.request('initialize', introduction, { cancellationSignal: either, stopWaitingOnCancel: true }),
    );
    return readAbilities(answer, parts.command);
  } catch (error) {
    deadline.signal.throwIfAborted();
    if (agentErrorCode(error) !== undefined || error instanceof AgentUnavailableError) throw error;
    throw new AgentFailedError('Cannot start agent: its process ended before it answered to initialize', {
      cause: error,
    });
  } finally {
    clear();
  }
}

function readAbilities(answer: unknown, command: string): AgentAbilities {
  const { protocolVersion, agentCapabilities, agentInfo, authMethods }: Record<string, unknown> = isRecord(answer)
    ? answer
    : {};
  if (protocolVersion !== PROTOCOL_VERSION) {
    throw new AgentUnavailableError(
      `Cannot use agent: it does not speak version ${PROTOCOL_VERSION} of the Agent Client Protocol`,
    );
  }
  const able = isRecord(agentCapabilities) ? agentCapabilities : {};
  const session = isRecord(able['sessionCapabilities']) ? able['sessionCapabilities'] : {};
  const prompt = isRecord(able['promptCapabilities']) ? able['promptCapabilities'] : {};
  return {
    name: (isRecord(agentInfo) ? readText(agentInfo['name'], MAX_NAME) : undefined) ?? programName(command),
    load: able['loadSession'] === true,
    resume: isRecord(session['resume']),
    list: isRecord(session['list']),
    images: prompt['image'] === true,
    logins: readList(authMethods, 100, (method) =>
      isRecord(method) ? (readText(method['name'], MAX_NAME) ?? readText(method['id'], MAX_NAME)) : undefined,
    ),
  };
}

function programName(command: string): string {
  return command.slice(command.lastIndexOf('/') + 1).slice(0, MAX_NAME) || 'agent';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function withWords(message: string, words: string): string {
  return words === '' ? message : `${message}; the last it said: ${words}`;
}
