import { type ChildProcess, spawn } from 'node:child_process';
import type { AgentTerminal, AgentTerminalExit, AgentTerminals } from '../src/agent-process.ts';
import { endOfText } from '../src/end-of-text.ts';

/** Commands of agents as plain children of the test, in process groups of their own. */
export class ChildTerminals implements AgentTerminals {
  readonly opened: ChildTerminal[] = [];

  async open({ command, args, cwd, env, outputBytes }: Parameters<AgentTerminals['open']>[0]): Promise<AgentTerminal> {
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const terminal = new ChildTerminal(`terminal-${this.opened.length}`, child, outputBytes);
    this.opened.push(terminal);
    return terminal;
  }
}

class ChildTerminal implements AgentTerminal {
  readonly terminalId: string;
  readonly pid: number | undefined;
  readonly #exited: Promise<AgentTerminalExit>;
  readonly #outputBytes: number;
  #text = '';
  #exit: AgentTerminalExit | undefined;

  constructor(terminalId: string, child: ChildProcess, outputBytes: number) {
    this.terminalId = terminalId;
    this.pid = child.pid;
    this.#outputBytes = outputBytes;
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#text += text;
      });
    }
    this.#exited = new Promise((resolve) => {
      child.once('error', () => resolve({ exitCode: 127, signal: null }));
      child.once('close', (exitCode, signal) => resolve({ exitCode, signal }));
    });
    void this.#exited.then((exit) => {
      this.#exit = exit;
    });
  }

  output(): ReturnType<AgentTerminal['output']> {
    const { text, truncated } = endOfText(this.#text, this.#outputBytes);
    return { output: text, truncated, ...(this.#exit !== undefined && { exit: this.#exit }) };
  }

  waitForExit(): Promise<AgentTerminalExit> {
    return this.#exited;
  }

  async kill(): Promise<void> {
    if (this.pid === undefined || this.#exit !== undefined) return;
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // It is gone.
    }
    await this.#exited;
  }

  release(): Promise<void> {
    return this.kill();
  }
}
