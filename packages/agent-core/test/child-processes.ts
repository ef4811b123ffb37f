import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AgentProcess, AgentProcessExit, AgentProcesses, AgentProcessRequest } from '../src/agent-process.ts';

/** Real children of the test, each leading a process group of its own, which is ended with it. */
export class ChildProcesses implements AgentProcesses {
  readonly started: AgentProcess[] = [];

  async start({ command, args, cwd, env }: AgentProcessRequest): Promise<AgentProcess> {
    const child = spawn(command, args, { cwd, env, detached: true, stdio: 'pipe' });
    const exited = new Promise<AgentProcessExit>((resolve) => {
      child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
    });
    await once(child, 'spawn');
    const { stdin, stdout, stderr } = child;
    const pid = child.pid!;
    const kill = (signal: NodeJS.Signals) => {
      try {
        process.kill(-pid, signal);
      } catch {
        // It is gone.
      }
    };
    const started: AgentProcess = {
      pid,
      stdin,
      stdout,
      stderr,
      exited,
      async terminate(gracePeriodMs) {
        kill('SIGTERM');
        const timer = setTimeout(() => kill('SIGKILL'), gracePeriodMs);
        await exited;
        clearTimeout(timer);
        kill('SIGKILL');
      },
      kill: () => kill('SIGKILL'),
    };
    this.started.push(started);
    return started;
  }
}
