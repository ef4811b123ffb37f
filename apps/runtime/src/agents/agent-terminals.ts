import type { AgentTerminal, AgentTerminalExit, AgentTerminals } from '@sessiond/agent-core';
import type { Pty, PtyManager } from '@sessiond/pty-core';

/** From SIGTERM to SIGKILL. */
const GRACE_MS = 2_000;
/** Terminals one session may have open, those whose program has ended included. */
const MAX_PER_SESSION = 32;
/** The most output that is kept of one, whatever is asked for. */
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;
/** Wide enough for lines that are read by a program and not by a person. */
const COLUMNS = 200;

type Request = Parameters<AgentTerminals['open']>[0];

/**
 * Terminals of agents, among those of the daemon: they count towards its most terminals, are in its ledger, and are ended with it. 32 at most per session,
 * with at most 4 MiB of output each.
 */
export class ManagedAgentTerminals implements AgentTerminals {
  readonly #ptys: PtyManager;
  /** By session; those that were not released. */
  readonly #open = new Map<string, Set<ManagedTerminal>>();
  #nextId = 1;

  constructor(ptys: PtyManager) {
    this.#ptys = ptys;
  }

  async open(request: Request): Promise<AgentTerminal> {
    const { sessionId } = request;
    const siblings = this.#open.get(sessionId) ?? new Set();
    if (siblings.size >= MAX_PER_SESSION) {
      throw new Error(`Cannot open a terminal: the session has ${MAX_PER_SESSION}, the most allowed`);
    }
    const terminalId = `terminal-${this.#nextId++}`;
    const outputBytes = Math.min(MAX_OUTPUT_BYTES, Math.max(1, Math.trunc(request.outputBytes)));
    const pty = this.#ptys.spawn({
      // A colon is in no id of a session, which name the other terminals.
      ptyId: `agent:${terminalId}`,
      sessionId,
      terminalId,
      command: request.command,
      args: request.args,
      cwd: request.cwd,
      env: request.env,
      cols: COLUMNS,
      bufferBytes: outputBytes,
      gracePeriodMs: GRACE_MS,
      idleTimeoutMs: null,
    });
    const terminal = new ManagedTerminal(terminalId, pty, () => this.#forget(sessionId, terminal));
    this.#open.set(sessionId, siblings.add(terminal));
    return terminal;
  }

  /** Ends and forgets what an agent has left open. */
  async endSession(sessionId: string): Promise<void> {
    await Promise.all([...(this.#open.get(sessionId) ?? [])].map((terminal) => terminal.release()));
  }

  #forget(sessionId: string, terminal: ManagedTerminal): void {
    const siblings = this.#open.get(sessionId);
    siblings?.delete(terminal);
    if (siblings?.size === 0) this.#open.delete(sessionId);
  }
}

class ManagedTerminal implements AgentTerminal {
  readonly terminalId: string;
  readonly #pty: Pty;
  readonly #onReleased: () => void;
  #isReleased = false;

  constructor(terminalId: string, pty: Pty, onReleased: () => void) {
    this.terminalId = terminalId;
    this.#pty = pty;
    this.#onReleased = onReleased;
  }

  output(): ReturnType<AgentTerminal['output']> {
    const { output, exit } = this.#pty;
    const truncated = output.start > 0;
    const bytes = output.readAt(output.start, output.end - output.start);
    const whole = truncated ? bytes.subarray(trailBytes(bytes)) : bytes;
    // A terminal ends lines with a return as well; a character that is not whole yet is left out.
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(whole, { stream: true }).replaceAll('\r\n', '\n');
    return { output: text, truncated, ...(exit !== null && { exit: exitOf(exit) }) };
  }

  async waitForExit(signal: AbortSignal): Promise<AgentTerminalExit> {
    signal.throwIfAborted();
    let stopWaiting = (): void => {};
    const aborted = new Promise<never>((_, reject) => {
      const onAbort = (): void => reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      stopWaiting = () => signal.removeEventListener('abort', onAbort);
    });
    try {
      return exitOf(await Promise.race([this.#pty.stopped, aborted]));
    } finally {
      stopWaiting();
    }
  }

  async kill(): Promise<void> {
    await this.#pty.terminate();
  }

  async release(): Promise<void> {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#onReleased();
    await this.kill();
  }
}

function exitOf({ exitCode, signal }: AgentTerminalExit): AgentTerminalExit {
  return { exitCode, signal };
}

/** How many bytes at the beginning belong to a character whose beginning is gone. */
function trailBytes(bytes: Uint8Array): number {
  let count = 0;
  while (count < Math.min(3, bytes.length) && (bytes[count]! & 0xc0) === 0x80) count += 1;
  return count;
}
