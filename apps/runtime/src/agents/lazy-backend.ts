import type { Agent, AgentBackend, AgentOwner, BackendSnapshot, OpenAgent, StoredQuery } from '@sessiond/agent-core';
import { AgentUnavailableError } from '@sessiond/agent-core';
import type { StoredSession } from '@sessiond/protocol';

const UNUSED: BackendSnapshot = Object.freeze({ agents: 0, processes: 0, restarting: 0, restarts: 0, crashes: 0 });

/**
 * A kind of agent whose code is loaded when it is needed for the first time, so that a daemon nobody runs agents on pays nothing for them. A load that
 * failed is tried again the next time.
 */
export class LazyBackend implements AgentBackend {
  readonly name: string;
  readonly #load: () => Promise<AgentBackend>;
  #loading: Promise<AgentBackend> | undefined;
  #loaded: AgentBackend | undefined;
  #closed = false;

  constructor(name: string, load: () => Promise<AgentBackend>) {
    this.name = name;
    this.#load = load;
  }

  async open(request: OpenAgent, owner: AgentOwner, signal: AbortSignal): Promise<Agent> {
    const backend = await this.#backend();
    signal.throwIfAborted();
    return backend.open(request, owner, signal);
  }

  async stored(query: StoredQuery, signal: AbortSignal): Promise<readonly StoredSession[]> {
    const backend = await this.#backend();
    signal.throwIfAborted();
    return backend.stored(query, signal);
  }

  snapshot(): BackendSnapshot {
    return this.#loaded?.snapshot() ?? UNUSED;
  }

  async close(deadlineMs: number): Promise<void> {
    this.#closed = true;
    await this.#loading?.then(
      (backend) => backend.close(deadlineMs),
      () => {},
    );
  }

  killAll(): void {
    this.#closed = true;
    this.#loaded?.killAll();
  }

  async #backend(): Promise<AgentBackend> {
    if (this.#closed) throw new AgentUnavailableError(`Cannot use agents of ${this.name}: the server is ending`);
    this.#loading ??= this.#load().then(
      (backend) => {
        this.#loaded = backend;
        return backend;
      },
      (error) => {
        this.#loading = undefined;
        throw error;
      },
    );
    const backend = await this.#loading;
    if (this.#closed) throw new AgentUnavailableError(`Cannot use agents of ${this.name}: the server is ending`);
    return backend;
  }
}
