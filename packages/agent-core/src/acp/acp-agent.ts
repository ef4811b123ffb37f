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
import { type Restarting, Supervisor, type SupervisorSnapshot } from '../supervisor.ts';
import { AcpLink } from './acp-link.ts';
import { AcpSession } from './acp-session.ts';
import { agentErrorCode, agentFailure } from './agent-failure.ts';
import type { AcpSdk } from './load-sdk.ts';
import { permissionDialog } from './permission.ts';
import { performCommand, supportsCommand } from './session-commands.ts';
import { TerminalDesk } from './terminal-desk.ts';
import { Turn } from './turn.ts';
import { readTurnResult, type TurnResult } from './turn-result.ts';

/** How long an agent has to stop by itself before its process is ended. */
const CANCEL_MS = 5_000;

/** How long an aborted signal of a caller gives the agent altogether. */
const ABORT_MS = 8_000;

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
  readonly #supervisor: Supervisor<AcpLink>;
  readonly #desk: TerminalDesk | undefined;
  /** Chosen by a person; an agent that starts again with a new conversation is told so again. */
  #chosen: { model?: string; thinkingLevel?: string } = {};
  #name: string | undefined;
  #turn: Turn | undefined;
  #aborting: Promise<void> | undefined;
  /** Aborted to take back what the agent asks a person. */
  #asking = new AbortController();
  #resumed = false;
  #lives = 0;
  #lastError: string | undefined;
  #closing: Promise<void> | undefined;
  /** The last that was started, also one that does not speak yet. */
  #process: AgentProcess | undefined;
  #killed = false;

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
      onAnswer: () => this.#turn?.answered(),
      terminalText: (terminalId) => this.#desk?.text(terminalId) ?? '',
    });
    this.#supervisor = new Supervisor<AcpLink>({
      clock,
      start: (attempt, signal) => this.#startLink(attempt, signal),
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
    const { model, thinking, id, title, transcript, isCompacting } = this.#session;
    const { restarts, lastExit } = this.#supervisor.snapshot();
    const name = title ?? this.#name;
    const pid = this.link?.pid;
    return {
      phase: this.#life.phase,
      transitions: this.#life.transitions,
      restarts,
      isStreaming: this.#turn !== undefined,
      isCompacting,
      messageCount: transcript.total,
      steering: [],
      followUp: [],
      ...(name !== undefined && { name }),
      ...(model !== undefined && { model }),
      ...(thinking !== undefined && { thinkingLevel: thinking.current }),
      ...(id !== undefined && { agentSessionId: id }),
      ...(pid !== undefined && { pid }),
      ...(this.#lastError !== undefined && { lastError: this.#lastError }),
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
    const link = this.#ready('prompt agent');
    const { images = [] } = message;
    if (images.length > 0 && !link.abilities.images) {
      throw new AgentInputError('images', 'Cannot prompt agent: it takes no pictures');
    }
    const turn = new Turn(this.#settings.clock);
    this.#turn = turn;
    const abort = () => void this.abort(ABORT_MS);
    signal.addEventListener('abort', abort, { once: true });
    try {
      this.#life.apply('work-began', 'prompt');
      this.#session.conversation.begin(message);
      const prompt = [{ type: 'text', text: message.message }, ...images];
      const answer = link.request('session/prompt', { sessionId: this.#session.id, prompt });
      answer.catch(() => {});
      const result = readTurnResult(await Promise.race([answer, turn.lost]));
      return this.#outcome(turn, turn.aborted ? { ...result, stopReason: 'aborted' } : result, signal);
    } catch (error) {
      // Some agents answer with an error when they were cancelled.
      if (turn.aborted) return this.#outcome(turn, { stopReason: 'aborted' }, signal);
      throw this.#failed(turn, error);
    } finally {
      signal.removeEventListener('abort', abort);
      turn.finish();
    }
  }

  async steer(): Promise<never> {
    throw new AgentUnsupportedError(
      'Cannot steer agent: the Agent Client Protocol has no way to tell a working agent something',
    );
  }

  async followUp(): Promise<never> {
    throw new AgentUnsupportedError('Cannot queue message: the Agent Client Protocol has no queue');
  }

  async abort(deadlineMs: number): Promise<boolean> {
    const turn = this.#turn;
    if (turn === undefined) return false;
    this.#aborting ??= this.#abort(turn, deadlineMs).finally(() => {
      this.#aborting = undefined;
    });
    await this.#aborting;
    return true;
  }

  async perform<T extends PerformedType>(command: AgentCommand<T>, signal: AbortSignal): Promise<Performed<T>> {
    const { type } = command;
    if (!this.supports(type)) {
      throw new AgentUnsupportedError(`Cannot carry out ${type}: this agent does not offer it`);
    }
    signal.throwIfAborted();
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
            const taken = AbortSignal.any([signal, this.#asking.signal]);
            return dialog.answer(await this.#owner.ask(dialog.question, taken));
          },
        },
      },
      signal,
    );
    try {
      if (attempt === 0) await this.#openFirst(link, signal);
      else await this.#openAgain(link, signal);
      return link;
    } catch (error) {
      await link.end();
      throw error;
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
    const session = this.#session;
    const { choice, value } =
      field === 'model' ? session.findModel(wanted, field) : session.findThinkingLevel(wanted, field);
    if (choice.current !== value) await session.choose(link, choice, value, field, signal);
    this.#chosen = { ...this.#chosen, [field]: value };
  }

  #ready(attempt: string): AcpLink {
    const { link } = this;
    if (link === undefined || this.#closing !== undefined) {
      throw new AgentStateError(`Cannot ${attempt}: it is ${this.#life.phase}`);
    }
    if (this.#turn !== undefined) throw new AgentStateError(`Cannot ${attempt}: it works on a prompt`);
    return link;
  }

  #outcome(turn: Turn, { stopReason, usage }: TurnResult, signal: AbortSignal): PromptOutcome {
    const { conversation, model } = this.#session;
    const { firstTokenMs } = turn;
    this.#over(turn, () => conversation.end(stopReason, usage === undefined ? {} : { usage }));
    signal.throwIfAborted();
    return {
      stopReason,
      text: conversation.text,
      ...(usage !== undefined && { usage }),
      ...(model !== undefined && { model }),
      ...(firstTokenMs !== undefined && { firstTokenMs }),
    };
  }

  #failed(turn: Turn, error: unknown): Error {
    const { answeredBy, conversation } = this.#session;
    const failure =
      agentErrorCode(error) === undefined ? (error as Error) : agentFailure('carry out prompt', error, answeredBy);
    this.#lastError = failure.message;
    this.#over(turn, () => conversation.end('error', { errorMessage: failure.message }));
    return failure;
  }

  /** Ends the work once, whoever comes first: the answer, or the end of the process. */
  #over(turn: Turn, tell: () => void): void {
    if (this.#turn !== turn) return;
    this.#turn = undefined;
    this.#takeBackQuestions();
    tell();
    this.#life.apply('work-ended');
  }

  #takeBackQuestions(): void {
    this.#asking.abort();
    this.#asking = new AbortController();
  }

  async #abort(turn: Turn, deadlineMs: number): Promise<void> {
    const { clock, gracePeriodMs } = this.#settings;
    const { link } = this;
    const begun = clock.now();
    turn.aborted = true;
    this.#takeBackQuestions();
    void this.#desk?.killAll();
    void link?.notify('session/cancel', { sessionId: this.#session.id });
    let cancel = () => {};
    const tooLong = new Promise<'late'>((resolve) => {
      cancel = clock.after(Math.min(deadlineMs, CANCEL_MS), () => resolve('late'));
    });
    const late = await Promise.race([turn.over, tooLong]);
    cancel();
    if (late === undefined || this.#turn !== turn) return;
    this.#supervisor.expectEnd();
    await link?.end(Math.max(0, Math.min(gracePeriodMs, deadlineMs - (clock.now() - begun))));
    await turn.over;
  }

  #onRestarting({ attempt, delayMs, exit }: Restarting): void {
    const turn = this.#turn;
    this.#loseTurn();
    this.#life.apply('process-ended');
    this.#owner.onEvent({
      type: 'agent_restarting',
      attempt,
      delayMs,
      exitCode: exit.exitCode,
      signal: exit.signal,
      interrupted: turn !== undefined,
    });
  }

  /** Ends the work of a process that is gone. */
  #loseTurn(): void {
    const turn = this.#turn;
    if (turn === undefined) return;
    const errorMessage = "The agent's process ended while it worked";
    const error = new AgentFailedError(errorMessage, { interrupted: true });
    if (!turn.aborted) this.#lastError = errorMessage;
    const { conversation } = this.#session;
    this.#turn = undefined;
    this.#takeBackQuestions();
    if (turn.aborted) conversation.end('aborted');
    else conversation.end('error', { errorMessage });
    turn.lose(error);
  }

  async #givenUp(error: Error): Promise<void> {
    this.#lastError = error.message;
    this.#loseTurn();
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
    if (this.#turn !== undefined) {
      this.#turn.aborted = true;
      void link?.notify('session/cancel', { sessionId: this.#session.id });
    }
    this.#takeBackQuestions();
    const desk = this.#desk?.close();
    await link?.end(Math.min(gracePeriodMs, deadlineMs));
    await desk;
    this.#loseTurn();
    this.#stopped('closed');
  }
}
