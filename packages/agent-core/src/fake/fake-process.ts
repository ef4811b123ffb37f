import type { AgentProcessExit } from '../agent-process.ts';
import { AgentFailedError } from '../errors.ts';
import type { SupervisedProcess } from '../supervisor.ts';

/** The process that the fake agent would run in, if it had one: it can end, and then everything in it has. */
export class FakeProcess implements SupervisedProcess {
  readonly exited: Promise<AgentProcessExit>;
  readonly #gone = new AbortController();
  #end!: (exit: AgentProcessExit) => void;

  constructor() {
    this.exited = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Aborted once the process has ended. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Ends by itself, with a status that is no success. */
  crash(): void {
    this.#exit({ exitCode: 70, signal: null });
  }

  kill(): void {
    this.#exit({ exitCode: null, signal: 'SIGKILL' });
  }

  #exit(exit: AgentProcessExit): void {
    if (this.#gone.signal.aborted) return;
    this.#end(exit);
    this.#gone.abort(new AgentFailedError('Cannot go on: the process of the agent has ended', { interrupted: true }));
  }
}
