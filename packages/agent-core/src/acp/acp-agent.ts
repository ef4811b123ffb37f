import type { AgentCommand, AgentCommandType, AgentEvent } from '@sessiond/protocol';
import { AgentLife } from '../agent-life.ts';
import type { AgentProcess, AgentProcesses, AgentProcessRequest, AgentTerminals } from '../agent-process.ts';
import type {
  Agent,
  AgentOwner,
  AgentStatus,
  OpenAgent,
  Performed,
  PerformedType,
  PromptOutcome,
  UserMessage,
} from '../backend.ts';
import type { Clock } from '../clock.ts';
import { AgentFailedError, AgentInputError, AgentStateError, AgentUnsupportedError } from '../errors.ts';
import { settledWithin } from '../settled-within.ts';
import { type Restarting, Supervisor, type SupervisorSnapshot } from '../supervisor.ts';
import { AcpLink } from './acp-link.ts';
import { AcpSession } from './acp-session.ts';
import type { AcpSdk } from './load-sdk.ts';
import { permissionDialog } from './permission.ts';
import { performCommand, supportsCommand } from './session-commands.ts';
import { TerminalDesk } from './terminal-desk.ts';
import { Work } from './work.ts';

/** What all agents of a backend have in common. */
export interface AcpAgentSettings {
  readonly backend: string;
  readonly sdk: AcpSdk;
  readonly processes: AgentProcesses;
  readonly terminals: AgentTerminals | undefined;
  readonly clock: Clock;
  readonly timestamp: () => string;
  readonly clientVersion: string;
  readonly startMs: number;
  readonly gracePeriodMs: number;
  readonly maxLineBytes: number;
  readonly maxTranscriptBytes: number;
}

/** Which agent. */
export interface AcpAgentRequest extends OpenAgent {
  readonly command: string;
}

/**
 * One agent in a process of its own, started again when it dies: with the conversation where the agent can load or resume one, else with a new one.
 *
 * The protocol has no way to tell a working agent something, so `steer` and `follow_up` are not known.
 */
export class AcpAgent implements Agent {
  readonly #settings: AcpAgentSettings;
  readonly #request: AcpAgentRequest;
  readonly #owner: AgentOwner;
  readonly #onStopped: () => void;
  readonly #life: AgentLife;
  readonly #session: AcpSession;
  readonly #work: Work;
  readonly #supervisor: Supervisor<AcpLink>;
  readonly #desk: TerminalDesk | undefined;
  /** Chosen by a person; an agent that starts again with a new conversation is told so again. */
  #chosen: { model?: string; thinkingLevel?: string } = {};
  #name: string | undefined;
  #resumed = false;
  #lives = 0;
  #closing: Promise<void> | undefined;
  /** The last that was started, also one that does not speak yet. */
  #process: AgentProcess | undefined;
  #killed = false;
  /** The end of the attempt to start it that is under way, however it ends. */
  #starting: Promise<unknown> = Promise.resolve();

  /** Made for `start`; `onStopped` is told when it is over after that. */
  constructor(settings: AcpAgentSettings, request: AcpAgentRequest, owner: AgentOwner, onStopped: () => void) {
    const { clock, terminals, timestamp, maxTranscriptBytes } = settings;
    const { sessionId, cwd, toolEnv } = request;
    this.#settings = settings;
    this.#request = request;
    this.#owner = owner;
    this.#onStopped = onStopped;
    this.#name = request.name;
    const emit = (event: AgentEvent) => owner.onEvent(event);
    this.#life = new AgentLife({ emit });
    this.#desk = terminals && new TerminalDesk({ terminals, sessionId, cwd, env: toolEnv });
    this.#session = new AcpSession({
      cwd,
      timestamp,
      maxTranscriptBytes,
      emit,
      onChanged: () => owner.onStatusChanged(),
      onAnswer: () => this.#work.answered(),
      terminalText: (terminalId) => this.#desk?.text(terminalId) ?? '',
    });
    this.#work = new Work({
      clock,
      life: this.#life,
      session: this.#session,
      onAbort: () => void this.#desk?.killAll(),
      endProcess: (link, gracePeriodMs) => {
        this.#supervisor.expectEnd();
        return link.end(gracePeriodMs);
      },
    });
    this.#supervisor = new Supervisor<AcpLink>({
      clock,
      start: (attempt, signal) => {
        const link = this.#startLink(attempt, signal);
        this.#starting = link.catch(() => {});
        return link;
      },
      onRestarting: (restarting) => this.#onRestarting(restarting),
      onRestarted: (_, attempt) => {
        this.#life.apply('restarted');
        emit({ type: 'agent_restarted', attempt, resumed: this.#resumed });
      },
      onGivenUp: (error) => void this.#givenUp(error),
    });
  }

  /** Starts it; once only. @throws as `AgentBackend.open`; nothing is left behind then. */
  async start(signal: AbortSignal): Promise<void> {
    try {
      await this.#supervisor.begin(signal);
    } catch (error) {
      await this.#desk?.close();
      throw error;
    }
    this.#life.apply('started');
  }

  /** Its processes' lives. */
  get supervision(): SupervisorSnapshot {
    return this.#supervisor.snapshot();
  }

  /** Its process, while it can be talked to. */
  get link(): AcpLink | undefined {
    return this.#supervisor.process;
  }

  /** The program it runs. */
  get program(): { readonly command: string; readonly args: readonly string[] } {
    return { command: this.#request.command, args: this.#request.args ?? [] };
  }

  get status(): AgentStatus {
    const { id, title, transcript, isCompacting } = this.#session;
    const { model, thinking } = this.#session.choices;
    const { restarts, lastExit } = this.#supervisor.snapshot();
    const name = title ?? this.#name;
    const pid = this.link?.pid;
    const { lastError } = this.#work;
    return {
      phase: this.#life.phase,
      transitions: this.#life.transitions,
      restarts,
      isStreaming: this.#work.isBusy,
      isCompacting,
      messageCount: transcript.total,
      steering: [],
      followUp: [],
      ...(name !== undefined && { name }),
      ...(model !== undefined && { model }),
      ...(thinking !== undefined && { thinkingLevel: thinking.current }),
      ...(id !== undefined && { agentSessionId: id }),
      ...(pid !== undefined && { pid }),
      ...(lastError !== undefined && { lastError }),
      ...(lastExit !== undefined && {
        lastExit: {
          ...(lastExit.exitCode !== null && { exitCode: lastExit.exitCode }),
          ...(lastExit.signal !== null && { signal: lastExit.signal }),
        },
      }),
    };
  }

  supports(type: AgentCommandType): boolean {
    return supportsCommand(type, this.#session, this.link?.abilities);
  }

  async prompt(message: UserMessage, signal: AbortSignal): Promise<PromptOutcome> {
    signal.throwIfAborted();
    return this.#work.prompt(this.#ready('prompt agent'), message, signal);
  }

  async steer(_: UserMessage, signal: AbortSignal): Promise<never> {
    this.#mustWork('steer agent', signal);
    throw new AgentUnsupportedError('Cannot steer agent: ACP has no way to tell something to an agent that works');
  }

  async followUp(_: UserMessage, signal: AbortSignal): Promise<never> {
    this.#mustWork('queue message', signal);
    throw new AgentUnsupportedError('Cannot queue message: ACP has no queue');
  }

  abort(deadlineMs: number): Promise<boolean> {
    return this.#work.abort(this.link, deadlineMs);
  }

  async perform<T extends PerformedType>(command: AgentCommand<T>, signal: AbortSignal): Promise<Performed<T>> {
    const { type } = command;
    if (!this.supports(type)) {
      throw new AgentUnsupportedError(`Cannot carry out ${type}: this agent does not offer it`);
    }
    signal.throwIfAborted();
    this.#mustLive(`carry out ${type}`);
    const session = this.#session;
    const performed = await performCommand(command, {
      session,
      backend: this.#settings.backend,
      link: () => this.#ready(`carry out ${type}`),
      remember: (choice) => {
        this.#chosen = { ...this.#chosen, ...choice };
      },
      signal,
    });
    return performed as Performed<T>;
  }

  async rename(name: string): Promise<void> {
    this.#mustLive('rename agent');
    this.#name = name;
  }

  /** The protocol has no way to put something on record. */
  async recordBash(): Promise<void> {}

  close(deadlineMs: number): Promise<void> {
    this.#closing ??= this.#close(deadlineMs);
    return this.#closing;
  }

  /** Kills its process and waits for nothing. Never throws. */
  kill(): void {
    this.#killed = true;
    this.#supervisor.stop();
    this.#process?.kill();
  }

  async #startLink(attempt: number, signal: AbortSignal): Promise<AcpLink> {
    const settings = this.#settings;
    const request = this.#request;
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
        onUpdate: (params) => this.#session.update(params),
        requests: {
          terminals: this.#desk,
          permission: async (asked, signal) => {
            const dialog = permissionDialog(asked);
            const taken = AbortSignal.any([signal, this.#work.questions]);
            return dialog.answer(await this.#owner.ask(dialog.question, taken));
          },
        },
      },
      signal,
    );
    const late = new AbortController();
    const cancel = settings.clock.after(settings.startMs, () => {
      const seconds = settings.startMs / 1_000;
      late.abort(new AgentFailedError(`Cannot open agent: it did not open its conversation within ${seconds} s`));
    });
    const either = AbortSignal.any([signal, late.signal]);
    try {
      if (attempt === 0) await this.#openFirst(link, either);
      else await this.#openAgain(link, either);
      return link;
    } catch (error) {
      await link.end();
      throw error;
    } finally {
      cancel();
    }
  }

  async #startProcess(wanted: AgentProcessRequest): Promise<AgentProcess> {
    const process = await this.#settings.processes.start(wanted);
    this.#process = process;
    if (this.#killed) process.kill();
    return process;
  }

  async #openFirst(link: AcpLink, signal: AbortSignal): Promise<void> {
    const { resume, model, thinkingLevel } = this.#request;
    if (resume === undefined) await this.#session.create(link, signal);
    else if ('agentSessionId' in resume) await this.#session.load(link, resume.agentSessionId, signal);
    else {
      throw new AgentInputError(
        'sessionPath',
        'Cannot go on with conversation: agents of ACP are told its id and not a file',
      );
    }
    if (model !== undefined) await this.#choose(link, 'model', model, signal);
    if (thinkingLevel !== undefined) await this.#choose(link, 'thinkingLevel', thinkingLevel, signal);
  }

  async #openAgain(link: AcpLink, signal: AbortSignal): Promise<void> {
    this.#resumed = await this.#session.reopen(link, signal);
    for (const [field, value] of Object.entries(this.#chosen) as ['model' | 'thinkingLevel', string][]) {
      // It may offer less than it did; better another model than none.
      await this.#choose(link, field, value, signal).catch(() => signal.throwIfAborted());
    }
  }

  async #choose(link: AcpLink, field: 'model' | 'thinkingLevel', wanted: string, signal: AbortSignal): Promise<void> {
    const { choices, id } = this.#session;
    const chosen = field === 'model' ? choices.findModel(wanted, field) : choices.findThinkingLevel(wanted, field);
    if (chosen.choice.current !== chosen.value) await choices.choose(link, id, chosen, field, signal);
    this.#chosen = { ...this.#chosen, [field]: chosen.value };
  }

  #ready(attempt: string): AcpLink {
    this.#mustLive(attempt);
    const { link } = this;
    if (link === undefined) throw new AgentStateError(`Cannot ${attempt}: its process is started again`);
    if (this.#work.isBusy) throw new AgentStateError(`Cannot ${attempt}: it works on a prompt`);
    return link;
  }

  #mustLive(attempt: string): void {
    if (this.#closing !== undefined || this.#life.phase === 'stopped') {
      throw new AgentStateError(`Cannot ${attempt}: the agent is stopped`);
    }
  }

  #mustWork(attempt: string, signal: AbortSignal): void {
    signal.throwIfAborted();
    this.#mustLive(attempt);
    if (!this.#work.isBusy) throw new AgentStateError(`Cannot ${attempt}: it works on nothing`);
  }

  #onRestarting({ attempt, delayMs, exit }: Restarting): void {
    const interrupted = this.#work.lose();
    this.#life.apply('process-ended');
    this.#owner.onEvent({
      type: 'agent_restarting',
      attempt,
      delayMs,
      exitCode: exit.exitCode,
      signal: exit.signal,
      interrupted,
    });
  }

  async #givenUp(error: Error): Promise<void> {
    this.#work.lose();
    this.#work.failed(error.message);
    this.#stopped('failed', error.message);
    await this.#desk?.close();
  }

  #stopped(reason: 'closed' | 'failed', errorMessage?: string): void {
    if (!this.#life.apply('stopped', reason)) return;
    this.#owner.onEvent({ type: 'agent_stopped', reason, ...(errorMessage !== undefined && { errorMessage }) });
    this.#onStopped();
  }

  async #close(deadlineMs: number): Promise<void> {
    const { gracePeriodMs } = this.#settings;
    const link = this.#supervisor.stop();
    this.#work.cancel(link);
    const desk = this.#desk?.close();
    await link?.end(Math.min(gracePeriodMs, deadlineMs));
    // One that comes up again is ended by whoever starts it.
    await settledWithin(this.#settings.clock, deadlineMs, this.#starting);
    await this.#process?.terminate(0);
    await desk;
    this.#work.lose();
    this.#stopped('closed');
  }
}
