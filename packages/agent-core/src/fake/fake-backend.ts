import type { StoredSession } from '@sessiond/protocol';
import type { Agent, AgentBackend, AgentOwner, BackendSnapshot, OpenAgent, StoredQuery } from '../backend.ts';
import { checkedDelay, optionalDelay } from '../check-options.ts';
import { type Clock, systemClock } from '../clock.ts';
import { AgentStateError } from '../errors.ts';
import { ConversationFiles } from './conversation-files.ts';
import { FakeAgent, type FakeSupervision } from './fake-agent.ts';

const DEFAULTS = Object.freeze({ abortMs: 5000 });

/** How fake agents are run. */
export interface FakeBackendOptions {
  /** Where conversations are kept as files. Default: only in memory, so that none can be taken up again. */
  readonly folder?: string;
  readonly clock?: Clock;
  /** Wall-clock milliseconds. Default `Date.now`. */
  readonly wallNow?: () => number;
  /** How long an agent whose caller gave up may take to stop before its process is ended. Default 5,000. */
  readonly abortMs?: number;
  /** How long it may be silent after it was asked, before the prompt fails with that; see `slow` and `hang`. Default: for ever. */
  readonly firstTokenMs?: number | undefined;
  /** When an agent that crashed is started again. */
  readonly supervision?: FakeSupervision;
}

/**
 * Agents without a model, without a key and without a process: the words of a prompt decide what they do. To try what is built on agents, and to test it.
 *
 * Everything is deterministic but the ids of conversations in files.
 */
export class FakeBackend implements AgentBackend {
  readonly name = 'fake';
  readonly #files: ConversationFiles | undefined;
  readonly #clock: Clock;
  readonly #wallNow: () => number;
  readonly #abortMs: number;
  readonly #firstTokenMs: number | undefined;
  readonly #supervision: FakeSupervision;
  readonly #agents = new Set<FakeAgent>();
  /** Of agents that are over. */
  #past = { restarts: 0, crashes: 0 };
  #closed = false;

  /** @throws InvalidOptionError for an option out of its range. */
  constructor(options: FakeBackendOptions = {}) {
    this.#files = options.folder === undefined ? undefined : new ConversationFiles(options.folder);
    this.#clock = options.clock ?? systemClock;
    this.#wallNow = options.wallNow ?? Date.now;
    this.#abortMs = checkedDelay('create fake backend', 'abortMs', options.abortMs ?? DEFAULTS.abortMs);
    this.#firstTokenMs = optionalDelay('create fake backend', 'firstTokenMs', options.firstTokenMs);
    this.#supervision = options.supervision ?? {};
  }

  async open(request: OpenAgent, owner: AgentOwner, signal: AbortSignal): Promise<Agent> {
    this.#checkOpen();
    let isOver = () => {};
    const parts = {
      request,
      owner,
      files: this.#files,
      clock: this.#clock,
      wallNow: this.#wallNow,
      abortMs: this.#abortMs,
      firstTokenMs: this.#firstTokenMs,
      supervision: this.#supervision,
      onOver: () => isOver(),
    };
    const agent = await FakeAgent.open(parts, signal);
    this.#agents.add(agent);
    isOver = () => this.#forget(agent);
    if (this.#closed) {
      await agent.close(0);
      this.#checkOpen();
    }
    return agent;
  }

  async stored(query: StoredQuery, signal: AbortSignal): Promise<readonly StoredSession[]> {
    signal.throwIfAborted();
    this.#checkOpen();
    return (await this.#files?.list(query, signal)) ?? [];
  }

  snapshot(): BackendSnapshot {
    const all = Array.from(this.#agents, ({ supervision }) => supervision);
    return {
      agents: all.length,
      processes: all.filter(({ state }) => state === 'up').length,
      restarting: all.filter(({ state }) => state === 'restarting').length,
      restarts: all.reduce((sum, { restarts }) => sum + restarts, this.#past.restarts),
      crashes: all.reduce((sum, { crashes }) => sum + crashes, this.#past.crashes),
    };
  }

  async close(deadlineMs: number): Promise<void> {
    this.#closed = true;
    await Promise.all(Array.from(this.#agents, (agent) => agent.close(deadlineMs)));
  }

  killAll(): void {
    this.#closed = true;
    for (const agent of this.#agents) agent.kill();
  }

  #checkOpen(): void {
    if (this.#closed) throw new AgentStateError('Cannot use fake agents: they are closed');
  }

  #forget(agent: FakeAgent): void {
    if (!this.#agents.delete(agent)) return;
    const { restarts, crashes } = agent.supervision;
    this.#past = { restarts: this.#past.restarts + restarts, crashes: this.#past.crashes + crashes };
  }
}
