import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentCommand } from '@sessiond/protocol';
import { type ModelRequest, type ModelServer, sessionMembers, startModelServer } from '@sessiond/testkit';
import { expect } from 'vitest';
import { AcpBackend } from '../src/acp/index.ts';
import type { AgentProcesses } from '../src/agent-process.ts';
import type { Agent, OpenAgent, Performed, PerformedType } from '../src/backend.ts';
import { ChildAgentProcesses } from '../src/child-agent-processes.ts';
import { eventProblems } from './event-problems.ts';
import { TestOwner } from './test-owner.ts';

/** A program that speaks the Agent Client Protocol, and what its process finds. */
export interface AcpProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** What a test with a real agent of the Agent Client Protocol stands on: a model server, a folder of its own, and a backend that it looks behind. */
export class AcpScene {
  readonly folder: string;
  /** Where the agent works, empty. */
  readonly cwd: string;
  readonly model: ModelServer;
  readonly backend: AcpBackend;
  owner: TestOwner = new TestOwner();
  readonly #pids: number[] = [];

  private constructor(folder: string, model: ModelServer) {
    this.folder = folder;
    this.cwd = join(folder, 'work');
    this.model = model;
    const children = new ChildAgentProcesses();
    const processes: AgentProcesses = {
      start: async (wanted) => {
        const child = await children.start(wanted);
        this.#pids.push(child.pid);
        return child;
      },
    };
    this.backend = new AcpBackend({ processes });
  }

  static async start(): Promise<AcpScene> {
    const scene = new AcpScene(await mkdtemp(join(tmpdir(), 'acp-agents-')), await startModelServer());
    await mkdir(scene.cwd);
    return scene;
  }

  /** Ends everything; fails when an agent leaves a process, or has told what no event of the protocol may tell. */
  async close(): Promise<void> {
    await this.backend.close(10_000);
    await this.model.close();
    await rm(this.folder, { recursive: true, maxRetries: 5, retryDelay: 200 });
    expect(this.#pids.flatMap(sessionMembers)).toEqual([]);
    expect(this.owner.events.flatMap(eventProblems)).toEqual([]);
  }

  open({ command, args, env }: AcpProgram, resume?: OpenAgent['resume']): Promise<Agent> {
    const request = { sessionId: 'agent-1', cwd: this.cwd, env, toolEnv: env, command, args };
    return this.backend.open({ ...request, ...(resume !== undefined && { resume }) }, this.owner, never);
  }

  /** The first request from an index on that is about a prompt: others, such as for a title, come in between. */
  async untilRequest(from: number, prompt: string): Promise<ModelRequest> {
    for (let index = from; ; index += 1) {
      const request = await this.model.request(index);
      if (request.prompt.includes(prompt) && request.tools.length > 0) return request;
    }
  }
}

/** A signal that nothing aborts. */
export const never: AbortSignal = new AbortController().signal;

/** Carries out a command that has no fields. */
export function perform<T extends PerformedType>(agent: Agent, type: T): Promise<Performed<T>> {
  return agent.perform({ type, sessionId: 'agent-1' } as AgentCommand<T>, never);
}

/** One pixel, as PNG. */
export const ONE_PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
