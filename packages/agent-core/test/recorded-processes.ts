import type { AgentProcess, AgentProcesses, AgentProcessRequest } from '../src/agent-process.ts';
import { ChildAgentProcesses } from '../src/child-agent-processes.ts';

/** Processes of a test, which remembers what was asked for. */
export class RecordedProcesses implements AgentProcesses {
  /** All that were asked for, oldest first. */
  readonly requests: AgentProcessRequest[] = [];
  /** All that were started, oldest first. */
  readonly started: AgentProcess[] = [];
  readonly #processes = new ChildAgentProcesses();

  async start(request: AgentProcessRequest): Promise<AgentProcess> {
    this.requests.push(request);
    const process = await this.#processes.start(request);
    this.started.push(process);
    return process;
  }
}
