import type { AgentProcess, AgentProcessRequest } from '../agent-process.ts';
import { AgentFailedError, AgentInputError } from '../errors.ts';
import { settledWithin } from '../settled-within.ts';
import { withEither } from '../with-either.ts';
import type { AcpAgentRequest, AcpAgentSettings } from './acp-agent-settings.ts';
import { AcpLink } from './acp-link.ts';
import type { AcpSession } from './acp-session.ts';
import type { ClientRequests } from './client-app.ts';

/** What a person can choose of an agent. */
export interface AgentChoice {
  readonly model?: string;
  readonly thinkingLevel?: string;
}

/** What an {@link AgentStart} is made of. */
export interface AgentStartParts {
  readonly settings: AcpAgentSettings;
  readonly request: AcpAgentRequest;
  readonly session: AcpSession;
  /** Serves what the agent asks for. */
  readonly requests: ClientRequests;
}

/**
 * Brings the process of an agent up, and its conversation in it: the first time the one that was asked for, later the one it had, with what was chosen meanwhile. One
 * start at a time; each has `startMs` for its handshake, and as long again for its conversation.
 */
export class AgentStart {
  readonly #parts: AgentStartParts;
  /** An agent is told so again with each conversation. */
  #chosen: AgentChoice = {};
  #resumed = false;
  #lives = 0;
  /** The last that was started, also one that does not speak yet. */
  #process: AgentProcess | undefined;
  #killed = false;
  /** The end of the start that is under way, however it ends. */
  #settled: Promise<unknown> = Promise.resolve();

  constructor(parts: AgentStartParts) {
    this.#parts = parts;
  }

  /** Whether the agent knew its conversation when it was started last. */
  get resumed(): boolean {
    return this.#resumed;
  }

  /** Notes what a person chose. */
  choose(choice: AgentChoice): void {
    this.#chosen = { ...this.#chosen, ...choice };
  }

  /** Starts it. @throws as `AgentBackend.open`; no process is left behind then. */
  run(attempt: number, signal: AbortSignal): Promise<AcpLink> {
    const link = this.#run(attempt, signal);
    this.#settled = link.catch(() => {});
    return link;
  }

  /** Begins a new conversation in a process that has come up, with what was chosen. @throws as {@link AcpSession.create}. */
  async renew(link: AcpLink, signal: AbortSignal): Promise<void> {
    await this.#parts.session.create(link, signal);
    await this.#chooseAgain(link, signal);
  }

  /** Ends what is coming up, within the time, and what has come up. Nothing may be started afterwards. */
  async close(deadlineMs: number): Promise<void> {
    // One that comes up again is ended by whoever starts it.
    await settledWithin(this.#parts.settings.clock, deadlineMs, this.#settled);
    await this.#process?.terminate(0);
  }

  /** Kills the process, also one that comes up late, and waits for nothing. Never throws. */
  kill(): void {
    this.#killed = true;
    this.#process?.kill();
  }

  async #run(attempt: number, signal: AbortSignal): Promise<AcpLink> {
    const { settings, request, session, requests } = this.#parts;
    this.#lives += 1;
    const link = await AcpLink.open(
      {
        ...settings,
        processes: { start: (wanted) => this.#startProcess(wanted) },
        id: `${request.sessionId}-${this.#lives}`,
        command: request.command,
        args: request.args ?? [],
        cwd: request.cwd,
        env: request.env,
        onUpdate: (params) => session.update(params),
        requests,
      },
      signal,
    );
    const { clock, startMs } = settings;
    const late = new AbortController();
    const cancel = clock.after(startMs, () => {
      const seconds = startMs / 1_000;
      late.abort(new AgentFailedError(`Cannot open agent: it did not open its conversation within ${seconds} s`));
    });
    try {
      await withEither(signal, late.signal, (either) =>
        attempt === 0 ? this.#openFirst(link, either) : this.#openAgain(link, either),
      );
      return link;
    } catch (error) {
      await link.end();
      throw error;
    } finally {
      cancel();
    }
  }

  async #startProcess(wanted: AgentProcessRequest): Promise<AgentProcess> {
    const process = await this.#parts.settings.processes.start(wanted);
    this.#process = process;
    if (this.#killed) process.kill();
    return process;
  }

  async #openFirst(link: AcpLink, signal: AbortSignal): Promise<void> {
    const { request, session } = this.#parts;
    const { resume, model, thinkingLevel } = request;
    if (resume === undefined) await session.create(link, signal);
    else if ('agentSessionId' in resume) await session.load(link, resume.agentSessionId, signal);
    else {
      throw new AgentInputError(
        'sessionPath',
        'Cannot go on with conversation: agents of ACP are told its id and not a file',
      );
    }
    if (model !== undefined) await this.#tell(link, 'model', model, signal);
    if (thinkingLevel !== undefined) await this.#tell(link, 'thinkingLevel', thinkingLevel, signal);
  }

  async #openAgain(link: AcpLink, signal: AbortSignal): Promise<void> {
    this.#resumed = await this.#parts.session.reopen(link, signal);
    await this.#chooseAgain(link, signal);
  }

  async #chooseAgain(link: AcpLink, signal: AbortSignal): Promise<void> {
    for (const [field, value] of Object.entries(this.#chosen) as [keyof AgentChoice, string][]) {
      // It may offer less than it did; better another model than none.
      await this.#tell(link, field, value, signal).catch(() => signal.throwIfAborted());
    }
  }

  async #tell(link: AcpLink, field: keyof AgentChoice, wanted: string, signal: AbortSignal): Promise<void> {
    const { choices, id } = this.#parts.session;
    const chosen = field === 'model' ? choices.findModel(wanted, field) : choices.findThinkingLevel(wanted, field);
    if (chosen.choice.current !== chosen.value) await choices.choose(link, id, chosen, field, signal);
    this.choose({ [field]: chosen.value });
  }
}
