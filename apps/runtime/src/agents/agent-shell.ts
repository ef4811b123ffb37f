import type { ShellRequest } from '@sessiond/agent-core';
import { type BashEvent, ProtocolError } from '@sessiond/protocol';
import type { Admission } from '../admission/admission.ts';
import { groupDigits } from '../group-digits.ts';
import type { Shells } from '../sessions/bash/shells.ts';

/** The session whose agent wants to run something. */
export interface ShellOwner {
  readonly sessionId: string;
  /** Names this life of the session. */
  readonly instance: string;
}

/** What an {@link AgentShell} is made of. */
export interface AgentShellOptions {
  readonly shells: Shells;
  /** Stands before the commands. */
  readonly admission: Pick<Admission, 'attemptShell'>;
  /** How long a command may run, whatever it asks for. */
  readonly maxMs: number;
}

/**
 * Runs the commands of the tools of agents, as `bash` runs those of people: in a process session of their own that is ended whole, in the ledger, under a
 * deadline, within the places there are for commands, and behind the same breaker.
 */
export class AgentShell {
  readonly #options: AgentShellOptions;

  constructor(options: AgentShellOptions) {
    this.#options = options;
  }

  /**
   * Runs a line of shell. @returns its status, `null` if a signal ended it.
   * @throws ProtocolError `CIRCUIT_OPEN`, `CAPACITY_EXCEEDED`, `SPAWN_FAILED`, `TIMEOUT`, and the reason of the signal; no process of it is left then.
   */
  async run(owner: ShellOwner, request: ShellRequest, signal: AbortSignal): Promise<{ exitCode: number | null }> {
    signal.throwIfAborted();
    const { admission, shells, maxMs } = this.#options;
    const attempt = admission.attemptShell(owner.sessionId, owner.instance);
    if (!attempt.ok) throw new ProtocolError(attempt.fault.code, attempt.fault.message, attempt.fault);
    const timeoutMs = Math.min(request.timeoutMs ?? maxMs, maxMs);
    const ending = new AbortController();
    const deadline = setTimeout(() => ending.abort(timedOut(timeoutMs)), timeoutMs);
    const forward = (): void => ending.abort(new ProtocolError('CANCELLED', 'The command was ended by its agent'));
    signal.addEventListener('abort', forward, { once: true });
    try {
      const { command, cwd, env, onOutput } = request;
      const tell = (event: BashEvent): void => {
        if (event.type === 'bash.output') onOutput(bytesOf(event));
      };
      const shellRequest = { sessionId: owner.sessionId, by: 'tool', command, cwd, env, keepBytes: 0, tell } as const;
      const { exitCode } = await shells.run(shellRequest, ending.signal);
      attempt.settle(undefined);
      return { exitCode };
    } catch (error) {
      attempt.settle(
        error instanceof ProtocolError ? error : { code: 'INTERNAL', message: 'A command of a tool failed' },
      );
      throw signal.aborted ? signal.reason : error;
    } finally {
      clearTimeout(deadline);
      signal.removeEventListener('abort', forward);
    }
  }
}

function bytesOf({ data, dataBase64 }: BashEvent<'bash.output'>): Uint8Array {
  return data === undefined ? Buffer.from(dataBase64 ?? '', 'base64') : Buffer.from(data);
}

function timedOut(ms: number): ProtocolError {
  const message = `Cannot let the command of a tool go on: it ran for ${groupDigits(ms)} ms, the most allowed`;
  return new ProtocolError('TIMEOUT', message, { timedOut: true });
}
