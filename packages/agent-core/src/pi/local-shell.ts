import { once } from 'node:events';
import type { AgentProcess, AgentProcesses } from '../agent-process.ts';
import type { ShellRequest } from '../backend.ts';
import type { Clock } from '../clock.ts';
import { AgentFailedError } from '../errors.ts';
import { settledWithin } from '../settled-within.ts';

/** bash reads a person's settings when its stdin is a socket, as that of a process here may be; it is to have none. */
const BASH = ['-c', 'exec bash -c "$1" </dev/null', 'sh'];

/** Between SIGTERM and SIGKILL. */
const GRACE_MS = 500;
/** How long after the end of a line its last output may take to arrive; a process that left its session may hold the streams open for ever. */
const LAST_WORDS_MS = 1_000;

/** Runs lines of shell for owners that do not do that themselves. */
export class LocalShell {
  readonly #processes: AgentProcesses;
  readonly #clock: Clock;
  readonly #running = new Set<AgentProcess>();
  #next = 0;
  #killed = false;

  constructor(processes: AgentProcesses, clock: Clock) {
    this.#processes = processes;
    this.#clock = clock;
  }

  /** Kills all lines that run, and what is started late; waits for nothing. Never throws. */
  killAll(): void {
    this.#killed = true;
    for (const process of this.#running) process.kill();
  }

  /**
   * Runs a line; its output comes as it is written, of what is left running in the background too, until the line itself ends.
   * @throws AgentFailedError at its time limit, and the signal's reason, each once all its processes are gone.
   */
  async run(request: ShellRequest, signal: AbortSignal): Promise<{ readonly exitCode: number | null }> {
    signal.throwIfAborted();
    const process = await this.#processes.start({
      id: `shell-${this.#next++}`,
      command: 'sh',
      args: [...BASH, request.command],
      cwd: request.cwd,
      env: request.env,
    });
    this.#running.add(process);
    void process.exited.then(() => this.#running.delete(process));
    if (this.#killed) process.kill();
    process.stdin.on('error', () => {});
    process.stdin.end();
    const silent = Promise.all([process.stdout, process.stderr].map((stream) => once(stream, 'close').catch(() => {})));
    const take = (bytes: Uint8Array) => request.onOutput(bytes);
    process.stdout.on('data', take);
    process.stderr.on('data', take);
    let late = false;
    const end = () => void process.terminate(GRACE_MS);
    const cancel =
      request.timeoutMs === undefined
        ? () => {}
        : this.#clock.after(request.timeoutMs, () => {
            late = true;
            end();
          });
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    try {
      const { exitCode } = await process.exited;
      // What it left in the background ends with it, and with that the streams: what was written last is still on its way.
      await process.terminate(GRACE_MS);
      await settledWithin(this.#clock, LAST_WORDS_MS, silent);
      signal.throwIfAborted();
      if (late) throw new AgentFailedError(`Cannot run command: it did not end within ${request.timeoutMs} ms`);
      return { exitCode };
    } finally {
      cancel();
      signal.removeEventListener('abort', end);
      process.stdout.destroy();
      process.stderr.destroy();
    }
  }
}
