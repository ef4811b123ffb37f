import type { StoredSession } from '@sessiond/protocol';
import type { Agent, AgentBackend, AgentOwner, BackendSnapshot, OpenAgent, StoredQuery } from '../backend.ts';
import { AgentInputError, AgentStateError } from '../errors.ts';
import { withEither } from '../with-either.ts';
import { AcpAgent } from './acp-agent.ts';
import { type AcpBackendOptions, type ResolvedAcpOptions, resolveAcpOptions } from './acp-backend-options.ts';
import type { AcpLink } from './acp-link.ts';
import { loadSdk } from './load-sdk.ts';
import { listAllStoredSessions } from './stored-sessions.ts';

/** Programs that are asked for what they keep. */
const MAX_PROGRAMS = 8;

/**
 * Agents of the Agent Client Protocol: programs that speak version 1 of it over their stdin and stdout, one process for each.
 *
 * Nothing is started before the first session. Memory for each agent: a transcript of 4 MiB, a line of 16 MiB while it is read, and what the parts say.
 */
export class AcpBackend implements AgentBackend {
  readonly name: string;
  readonly #options: ResolvedAcpOptions;
  readonly #agents = new Set<AcpAgent>();
  /** Aborted when the backend closes. */
  readonly #lifetime = new AbortController();
  readonly #opening = new Set<Promise<unknown>>();
  /** Of agents that are gone. */
  readonly #past = { restarts: 0, crashes: 0 };

  /** @throws InvalidOptionError for an option out of its range. */
  constructor(options: AcpBackendOptions) {
    this.#options = resolveAcpOptions(options);
    this.name = this.#options.name;
  }

  open(request: OpenAgent, owner: AgentOwner, signal: AbortSignal): Promise<Agent> {
    const opening = withEither(signal, this.#lifetime.signal, (either) => this.#open(request, owner, either));
    const settled = opening.then(
      () => {},
      () => {},
    );
    this.#opening.add(settled);
    void settled.then(() => this.#opening.delete(settled));
    return opening;
  }

  /** Asks each program that runs now, of those that keep conversations; a program that does not run is not started for it. */
  async stored({ cwd, limit }: StoredQuery, signal: AbortSignal): Promise<readonly StoredSession[]> {
    signal.throwIfAborted();
    const query = { backend: this.name, limit, ...(cwd !== undefined && { cwd }) };
    return listAllStoredSessions(this.#programs(), query, { clock: this.#options.clock, signal });
  }

  snapshot(): BackendSnapshot {
    let { restarts, crashes } = this.#past;
    let processes = 0;
    let restarting = 0;
    for (const { supervision } of this.#agents) {
      restarts += supervision.restarts;
      crashes += supervision.crashes;
      if (supervision.state === 'up') processes += 1;
      if (supervision.state === 'restarting') restarting += 1;
    }
    return { agents: this.#agents.size, processes, restarting, restarts, crashes };
  }

  async close(deadlineMs: number): Promise<void> {
    this.#lifetime.abort(new AgentStateError('Cannot open agent: the backend is closed'));
    await Promise.all([...this.#opening, ...Array.from(this.#agents, (agent) => agent.close(deadlineMs))]);
  }

  killAll(): void {
    this.#lifetime.abort(new AgentStateError('Cannot open agent: the backend is closed'));
    for (const agent of this.#agents) agent.kill();
  }

  async #open(request: OpenAgent, owner: AgentOwner, signal: AbortSignal): Promise<Agent> {
    signal.throwIfAborted();
    const command = request.command ?? this.#options.command;
    if (command === undefined) {
      throw new AgentInputError('agent.command', 'Cannot open agent: an agent of ACP needs the command that starts it');
    }
    const args = request.args ?? (request.command === undefined ? this.#options.args : undefined) ?? [];
    const settings = { ...this.#options, sdk: await loadSdk(), timestamp: () => new Date().toISOString() };
    const agent = new AcpAgent(settings, { ...request, command, args }, owner, () => this.#forget(agent));
    this.#agents.add(agent);
    try {
      await agent.start(signal);
      return agent;
    } catch (error) {
      this.#agents.delete(agent);
      throw error;
    }
  }

  #forget(agent: AcpAgent): void {
    if (!this.#agents.delete(agent)) return;
    this.#past.restarts += agent.supervision.restarts;
    this.#past.crashes += agent.supervision.crashes;
  }

  /** One agent of each program that runs and keeps conversations, one that does not work if there is one. */
  #programs(): readonly AcpLink[] {
    const byProgram = new Map<string, AcpLink>();
    for (const { link, program, status } of this.#agents) {
      if (!link?.abilities.list) continue;
      const key = JSON.stringify(program);
      const isNews = byProgram.has(key) ? status.phase === 'idle' : byProgram.size < MAX_PROGRAMS;
      if (isNews) byProgram.set(key, link);
    }
    return [...byProgram.values()];
  }
}
