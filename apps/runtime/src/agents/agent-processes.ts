import { Readable } from 'node:stream';
import type { AgentProcess, AgentProcesses, AgentProcessRequest } from '@sessiond/agent-core';
import type { PipedProcess, PipedProcesses } from '@sessiond/pty-core';

/** How much of what a program complains about waits for a reader; beyond that the latest is lost, for nobody may ever read it. */
const MAX_COMPLAINT_BYTES = 256 * 1024;
/** How long after the end of all its processes the last output is waited for, should nobody take it. */
const LAST_OUTPUT_MS = 500;

/**
 * The programs that agents run in, as children of the daemon: recorded in its ledger, so that a later run ends what a crash has left; in a process session
 * of their own, so that they are ended whole; holding no descriptor but their own.
 *
 * What a program writes to stdout waits in its pipe until it is read. Of stderr at most 256 KiB wait here, so that a reader who looks at stdout only does
 * not stop it.
 */
export class LedgeredAgentProcesses implements AgentProcesses {
  readonly #processes: PipedProcesses;
  readonly #living = new Set<PipedProcess>();

  constructor(processes: PipedProcesses) {
    this.#processes = processes;
  }

  /** Those that run, as far as was told. */
  get count(): number {
    return this.#living.size;
  }

  async start({ id, command, args, cwd, env }: AgentProcessRequest): Promise<AgentProcess> {
    const outputs = { stdout: new TakenOutput(), stderr: new TakenOutput(MAX_COMPLAINT_BYTES) };
    const stdout = outputs.stdout.readable;
    const process = await this.#processes.start({
      // A colon is in no id of a session, which name the other children.
      id: `agent:${id}`,
      command,
      args,
      cwd,
      env,
      stdin: 'pipe',
      onOutput: (stream, bytes) => outputs[stream].take(bytes),
      onOutputEnd: (stream) => outputs[stream].end(),
    });
    this.#living.add(process);
    void process.exited.then(() => this.#living.delete(process));
    // Who wants no more of it must not keep the program from writing it.
    stdout.once('close', () => {
      if (!stdout.readableEnded) process.closeOutput();
    });
    return {
      pid: process.pid,
      stdin: process.stdin!,
      stdout,
      stderr: outputs.stderr.readable,
      exited: process.exited,
      terminate: (gracePeriodMs) => end(process, gracePeriodMs),
      kill: () => process.kill(),
    };
  }
}

/** Ends it with all it started, and lets go of output that nobody takes. */
async function end(process: PipedProcess, gracePeriodMs: number): Promise<void> {
  await process.terminate(Math.max(0, gracePeriodMs));
  const stuck = setTimeout(() => process.closeOutput(), LAST_OUTPUT_MS);
  void process.finished.then(() => clearTimeout(stuck));
}

/** What was read from a pipe, as a stream that holds the pipe back, or, with a limit, loses what is beyond it. */
class TakenOutput {
  readonly readable: Readable;
  readonly #maxBytes: number | undefined;
  #held: { readonly over: Promise<void>; readonly goOn: () => void } | undefined;

  constructor(maxBytes?: number) {
    this.#maxBytes = maxBytes;
    this.readable = new Readable({
      read: () => this.#goOn(),
      destroy: (error, done) => {
        this.#goOn();
        done(error);
      },
    });
  }

  take(bytes: Uint8Array): void | Promise<void> {
    const { readable } = this;
    if (readable.destroyed) return undefined;
    if (this.#maxBytes !== undefined) {
      if (readable.readableLength + bytes.length <= this.#maxBytes) readable.push(bytes);
      return undefined;
    }
    if (readable.push(bytes)) return undefined;
    this.#held ??= hold();
    return this.#held.over;
  }

  end(): void {
    if (!this.readable.destroyed) this.readable.push(null);
  }

  #goOn(): void {
    this.#held?.goOn();
    this.#held = undefined;
  }
}

function hold(): { readonly over: Promise<void>; readonly goOn: () => void } {
  let goOn!: () => void;
  const over = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  return { over, goOn };
}
