import { isAbsolute } from 'node:path';
import type { CreateTerminalRequest } from '@agentclientprotocol/sdk';
import type { AgentTerminal, AgentTerminalExit, AgentTerminals } from '../agent-process.ts';
import { endOfText } from '../end-of-text.ts';

/** Terminals an agent may have at once. */
const MAX_TERMINALS = 32;

/** Released terminals whose output is still known, and how much of its end. */
const MAX_RELEASED = 32;
const RELEASED_BYTES = 16_384;

/** The most of its output that is kept of a terminal, and what is kept when the agent names nothing. */
const MAX_OUTPUT_BYTES = 1_048_576;

/** What only a shell understands. */
const SHELL_LINE = /[\s|&;<>()$`"'*?~#]/;

/** Whom terminals are for. */
export interface TerminalDeskOptions {
  readonly terminals: AgentTerminals;
  readonly sessionId: string;
  readonly cwd: string;
  /** The whole environment of what runs in them; the agent may add to it. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Serves `terminal/*` to one agent.
 *
 * At most 32 terminals at once, each with the last 1 MiB of its output; of the last 32 that were released the last 16 KiB stay, because agents refer to them afterwards.
 */
export class TerminalDesk {
  readonly #options: TerminalDeskOptions;
  readonly #open = new Map<string, AgentTerminal>();
  readonly #released = new Map<string, string>();
  #opening = 0;
  /** Times all were ended, and times all were released: what was asked for before and opens after goes the same way. */
  #kills = 0;
  #releases = 0;
  #closed = false;

  constructor(options: TerminalDeskOptions) {
    this.#options = options;
  }

  /** Opens a terminal. @throws Error saying what is wrong with the request. */
  async create(request: CreateTerminalRequest): Promise<{ terminalId: string }> {
    const { terminals, sessionId, env } = this.#options;
    const cwd = request.cwd ?? this.#options.cwd;
    if (!isAbsolute(cwd)) throw new Error('Cannot open terminal: cwd must be absolute');
    if (this.#closed) throw new Error('Cannot open terminal: the agent is ending');
    if (this.#open.size + this.#opening >= MAX_TERMINALS) {
      throw new Error(`Cannot open terminal: the agent has ${MAX_TERMINALS}; release one`);
    }
    this.#opening += 1;
    const [kills, releases] = [this.#kills, this.#releases];
    try {
      const terminal = await terminals.open({
        sessionId,
        ...program(request),
        cwd,
        env: { ...env, ...Object.fromEntries((request.env ?? []).map(({ name, value }) => [name, value])) },
        outputBytes: Math.min(request.outputByteLimit ?? MAX_OUTPUT_BYTES, MAX_OUTPUT_BYTES),
      });
      this.#open.set(terminal.terminalId, terminal);
      if (this.#releases !== releases) await this.release(terminal.terminalId);
      else if (this.#kills !== kills) await terminal.kill();
      return { terminalId: terminal.terminalId };
    } finally {
      this.#opening -= 1;
    }
  }

  /** What it has written, and how it ended. @throws Error for a terminal there is not. */
  output(terminalId: string): { output: string; truncated: boolean; exitStatus?: AgentTerminalExit } {
    const { output, truncated, exit } = this.#get(terminalId).output();
    return { output, truncated, ...(exit !== undefined && { exitStatus: exit }) };
  }

  /** Waits for its end. @throws Error for a terminal there is not, and the signal's reason. */
  async waitForExit(terminalId: string, signal: AbortSignal): Promise<AgentTerminalExit> {
    return this.#get(terminalId).waitForExit(signal);
  }

  /** Ends what runs in it. @throws Error for a terminal there is not. */
  async kill(terminalId: string): Promise<void> {
    await this.#get(terminalId).kill();
  }

  /** Ends what runs in it and forgets it. @throws Error for a terminal there is not. */
  async release(terminalId: string): Promise<void> {
    const terminal = this.#get(terminalId);
    this.#open.delete(terminalId);
    this.#released.set(terminalId, endOfText(terminal.output().output, RELEASED_BYTES).text);
    for (const oldest of this.#released.keys()) {
      if (this.#released.size <= MAX_RELEASED) break;
      this.#released.delete(oldest);
    }
    await terminal.release();
  }

  /** What a terminal has written, also one that was released not long ago; `''` for one that is not known. */
  text(terminalId: string): string {
    return this.#open.get(terminalId)?.output().output ?? this.#released.get(terminalId) ?? '';
  }

  /** Ends what runs in all of them, what is being opened included; the agent may still read what they wrote. Never rejects. */
  async killAll(): Promise<void> {
    this.#kills += 1;
    await Promise.allSettled(Array.from(this.#open.values(), (terminal) => terminal.kill()));
  }

  /** Releases all of them, what is being opened included: nobody knows of them any more. Never rejects. */
  async releaseAll(): Promise<void> {
    this.#releases += 1;
    await Promise.allSettled(Array.from(this.#open.keys(), (terminalId) => this.release(terminalId)));
  }

  /** Releases all of them and opens no more. Idempotent, never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.releaseAll();
  }

  #get(terminalId: string): AgentTerminal {
    const terminal = this.#open.get(terminalId);
    if (terminal === undefined) throw new Error('Cannot use terminal: there is none with this id');
    return terminal;
  }
}

/** What runs: agents give a program with its arguments, or a whole line of shell as the program. */
function program({ command, args = [] }: CreateTerminalRequest): { command: string; args: readonly string[] } {
  return args.length === 0 && SHELL_LINE.test(command)
    ? { command: '/bin/sh', args: ['-c', command] }
    : { command, args };
}
