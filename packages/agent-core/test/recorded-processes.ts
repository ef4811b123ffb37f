import type { AgentProcess, AgentProcesses, AgentProcessRequest } from '../src/agent-process.ts';
import { ChildAgentProcesses } from '../src/child-agent-processes.ts';

/** Processes of a test, which remembers what was asked for. */
export class RecordedProcesses implements AgentProcesses {
  /** All that were asked for, oldest first. */
  readonly requests: AgentProcessRequest[] = [];
  readonly #processes = new ChildAgentProcesses();

  start(request: AgentProcessRequest): Promise<AgentProcess> {
    this.requests.push(request);
    return this.#processes.start(request);
  }
}
