import { realpathSync } from 'node:fs';
import { sep } from 'node:path';
import type { StoredSession } from '@sessiond/protocol';
import type { Agent, AgentBackend, AgentOwner, BackendSnapshot, OpenAgent, StoredQuery } from '../backend.ts';
import { AgentInputError, AgentStateError } from '../errors.ts';
import { mustBeConversation } from './conversation-header.ts';
import { LocalShell } from './local-shell.ts';
import { OpenConversations } from './open-conversations.ts';
import { PiAgent } from './pi-agent.ts';
import { type PiBackendOptions, type ResolvedPiOptions, resolvePiOptions } from './pi-backend-options.ts';
import { environmentKey, PiProcesses } from './pi-processes.ts';
import { PiWorkspace } from './pi-workspace.ts';
import { StoredConversations } from './stored-conversations.ts';

const MAX_LISTED = 1_000;

/**
 * Agents of pi (`@earendil-works/pi-coding-agent`), each generation of which this package knows: 0.74, which runs on Node 20, and from 0.80.8 up to 2.
 *
 * pi runs in processes of its own, one per workspace (working directory and environment) with all its sessions, which is started again when it dies; a turn that
 * ran then is reported as interrupted, and the conversations go on from their files. Settings that a session changes are its own. Code of a workspace runs only
 * where `trustedWorkspaces` says so. Commands of tools are run by the owner, or here, with the environment for tools, and die with the turn.
 */
export class PiBackend implements AgentBackend {
  readonly name = 'pi';
  readonly #options: ResolvedPiOptions;
  readonly #processes: PiProcesses;
  readonly #stored: StoredConversations;
  readonly #conversations = new OpenConversations();
  readonly #shell: LocalShell;
  /** One per workspace with sessions. */
  readonly #workspaces = new Map<string, PiWorkspace>();
  readonly #agents = new Map<string, PiAgent>();
  /** Sessions whose agent is being opened. */
  readonly #opening = new Set<string>();
  /** Workspaces whose last session has ended, until their process has. */
  readonly #ending = new Set<Promise<void>>();
  readonly #past = { restarts: 0, crashes: 0 };
  #isOver = false;
  #closed: Promise<void> | undefined;

  /** @throws InvalidOptionError for an option out of its range. */
  constructor(options: PiBackendOptions) {
    this.#options = resolvePiOptions(options);
    this.#processes = new PiProcesses(this.#options);
    this.#stored = new StoredConversations(this.#options.agentDir);
    this.#shell = new LocalShell(this.#options.processes, this.#options.clock);
  }

  async open(request: OpenAgent, owner: AgentOwner, signal: AbortSignal): Promise<Agent> {
    signal.throwIfAborted();
    if (this.#isOver) throw new AgentStateError('Cannot open agent: pi is being ended');
    const { sessionId } = request;
    if (this.#agents.has(sessionId) || this.#opening.has(sessionId)) {
      throw new AgentStateError('Cannot open agent: its session has one already');
    }
    this.#opening.add(sessionId);
    try {
      return await this.#open(request, owner, signal);
    } finally {
      this.#opening.delete(sessionId);
    }
  }

  stored({ cwd, limit }: StoredQuery, signal: AbortSignal): Promise<readonly StoredSession[]> {
    return this.#stored.list({ limit, ...(cwd === undefined ? {} : { cwd }) }, signal);
  }

  snapshot(): BackendSnapshot {
    const totals = [...this.#workspaces.values()].map((workspace) => workspace.totals);
    const sum = (pick: (each: (typeof totals)[number]) => number) => totals.reduce((all, each) => all + pick(each), 0);
    return {
      agents: this.#agents.size,
      processes: this.#processes.count,
      restarting: sum((each) => each.restarting),
      restarts: this.#past.restarts + sum((each) => each.restarts),
      crashes: this.#past.crashes + sum((each) => each.crashes),
    };
  }

  close(deadlineMs: number): Promise<void> {
    this.#isOver = true;
    this.#closed ??= (async () => {
      await Promise.all([...this.#agents.values()].map((agent) => agent.close(deadlineMs)));
      await Promise.all([...this.#workspaces.values()].map((workspace) => workspace.close()));
      await Promise.all(this.#ending);
      await this.#processes.close();
    })();
    return this.#closed;
  }

  killAll(): void {
    this.#isOver = true;
    for (const workspace of this.#workspaces.values()) workspace.stop();
    this.#processes.killAll();
    this.#shell.killAll();
  }

  async #open(request: OpenAgent, owner: AgentOwner, signal: AbortSignal): Promise<Agent> {
    const { sessionId } = request;
    const sessionFile = await this.#fileToResume(request, signal);
    if (sessionFile !== undefined) this.#conversations.take(sessionId, sessionFile);
    const key = JSON.stringify([request.cwd, environmentKey(request.env)]);
    const workspace = this.#workspace(key, request);
    const release = () => this.#release(sessionId, key, workspace);
    let agent: PiAgent;
    try {
      agent = await workspace.open(
        (child) =>
          PiAgent.open(
            {
              request,
              sessionFile,
              owner,
              workspace,
              conversations: this.#conversations,
              shell: this.#shell,
              clock: this.#options.clock,
              abortMs: this.#options.abortMs,
              startMs: this.#options.startMs,
              firstTokenMs: this.#options.firstTokenMs,
              list: (signal) => this.stored({ cwd: request.cwd, limit: MAX_LISTED }, signal),
              onClosed: release,
            },
            child,
            signal,
          ),
        signal,
      );
    } catch (error) {
      this.#conversations.release(sessionId);
      release();
      throw error;
    }
    this.#agents.set(sessionId, agent);
    if (signal.aborted || this.#isOver) {
      await agent.close(this.#options.abortMs);
      signal.throwIfAborted();
      throw new AgentStateError('Cannot open agent: pi is being ended');
    }
    return agent;
  }

  #workspace(key: string, { cwd, env }: OpenAgent): PiWorkspace {
    const known = this.#workspaces.get(key);
    if (known !== undefined && !known.isOver) return known;
    if (known !== undefined) this.#retire(key, known);
    const made = new PiWorkspace({
      cwd,
      env,
      trusted: isBelow(cwd, this.#options.trustedWorkspaces),
      options: this.#options,
      processes: this.#processes,
    });
    this.#workspaces.set(key, made);
    return made;
  }

  #release(sessionId: string, key: string, workspace: PiWorkspace): void {
    if (this.#workspaces.get(key) === workspace && workspace.isUnused) {
      this.#retire(key, workspace);
      const ending = workspace.close().finally(() => this.#ending.delete(ending));
      this.#ending.add(ending);
    }
    this.#agents.delete(sessionId);
  }

  #retire(key: string, workspace: PiWorkspace): void {
    this.#workspaces.delete(key);
    const { restarts, crashes } = workspace.totals;
    this.#past.restarts += restarts;
    this.#past.crashes += crashes;
  }

  /** The file of the conversation to go on with. pi 0.74 writes over a file that is none, so that is looked at first. */
  async #fileToResume({ resume }: OpenAgent, signal: AbortSignal): Promise<string | undefined> {
    if (resume === undefined) return undefined;
    if ('sessionPath' in resume) {
      await mustBeConversation(resume.sessionPath);
      return resume.sessionPath;
    }
    const file = await this.#stored.fileOf(resume.agentSessionId, signal);
    if (file === undefined)
      throw new AgentInputError('agentSessionId', 'Cannot open conversation: there is none of that name');
    return file;
  }
}

/** Whether a folder is one of these, or below one; as they really are. */
function isBelow(folder: string, roots: readonly string[]): boolean {
  const real = realPath(folder);
  return roots.map(realPath).some((root) => real === root || real.startsWith(root.endsWith(sep) ? root : root + sep));
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
