import type { RequestPermissionRequest, RequestPermissionResponse } from '@agentclientprotocol/sdk';
import type { AgentCommand, AgentCommandType, AgentEvent } from '@sessiond/protocol';
import { AgentLife } from '../agent-life.ts';
import type { AgentProcessExit } from '../agent-process.ts';
import { AgentWork } from '../agent-work.ts';
import type {
  Agent,
  AgentOwner,
  AgentStatus,
  Performed,
  PerformedType,
  PromptOutcome,
  UserMessage,
} from '../backend.ts';
import { AgentInputError, AgentStateError, AgentUnsupportedError } from '../errors.ts';
import { Supervisor, type SupervisorSnapshot } from '../supervisor.ts';
import { withEither } from '../with-either.ts';
import type { AcpAgentRequest, AcpAgentSettings } from './acp-agent-settings.ts';
import type { AcpLink } from './acp-link.ts';
import { AcpSession } from './acp-session.ts';
import { AgentStart } from './agent-start.ts';
import { permissionDialog } from './permission.ts';
import { performCommand, supportsCommand } from './session-commands.ts';
import { TerminalDesk } from './terminal-desk.ts';
import { Turn } from './turn.ts';

/**
 * One agent in a process of its own, started again when it dies: with the conversation where the agent can load or resume one, else with a new one.
 *
 * The protocol has no way to tell a working agent something, so `steer` and `follow_up` are not known.
 */
export class AcpAgent implements Agent {
  readonly #settings: AcpAgentSettings;
  readonly #request: AcpAgentRequest;
  readonly #onStopped: () => void;
  readonly #life: AgentLife;
  readonly #session: AcpSession;
  readonly #work: AgentWork;
  readonly #supervisor: Supervisor<AcpLink>;
  readonly #desk: TerminalDesk | undefined;
  readonly #start: AgentStart;
  #turn: Turn | undefined;
  #name: string | undefined;
  #closing: Promise<void> | undefined;

  /** Made for `start`; `onStopped` is told when it is over after that. */
  constructor(settings: AcpAgentSettings, request: AcpAgentRequest, owner: AgentOwner, onStopped: () => void) {
    const { clock, terminals, timestamp, maxTranscriptBytes } = settings;
    const { sessionId, cwd, toolEnv } = request;
    this.#settings = settings;
    this.#request = request;
    this.#onStopped = onStopped;
    this.#name = request.name;
    const emit = (event: AgentEvent) => {
      this.#work.observe(event);
      owner.onEvent(event);
    };
    this.#life = new AgentLife({ emit: (event) => owner.onEvent(event) });
    this.#desk = terminals && new TerminalDesk({ terminals, sessionId, cwd, env: toolEnv });
    this.#session = new AcpSession({
      cwd,
      clock,
      timestamp,
      maxTranscriptBytes,
      emit,
      onChanged: () => owner.onStatusChanged(),
      terminalText: (terminalId) => this.#desk?.text(terminalId) ?? '',
    });
    this.#work = new AgentWork({
      clock,
      life: this.#life,
      owner,
      abortMs: settings.abortMs,
      firstTokenMs: settings.firstTokenMs,
      asked: () => this.#session.choices.answeredBy,
      tellToStop: () => this.#tellToStop(),
      endProcess: async () => {
        const { link } = this;
        this.#supervisor.expectEnd();
        await link?.end();
      },
    });
    this.#start = new AgentStart({
      settings,
      request,
      session: this.#session,
      requests: {
        terminals: this.#desk,
        permission: (asked, signal) => this.#permission(asked, signal),
      },
    });
    this.#supervisor = new Supervisor<AcpLink>({
      clock,
      start: (attempt, signal) => this.#start.run(attempt, signal),
      onRestarting: (restarting) => {
        this.#session.lose();
        this.#turn?.lose();
        void this.#desk?.releaseAll();
        this.#life.processEnded(restarting);
      },
      onRestarted: (_, attempt) => this.#life.restarted(attempt, this.#start.resumed),
      onGivenUp: (error, exit) => void this.#givenUp(error, exit),
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
    const { phase, transitions, lastExit } = this.#life;
    const name = this.#name ?? title;
    const pid = this.link?.pid;
    const { kind, lastError } = this.#work;
    return {
      phase,
      transitions,
      restarts: this.supervision.restarts,
      isStreaming: kind !== undefined,
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
      ...(lastExit !== undefined && { lastExit }),
    };
  }

  supports(type: AgentCommandType): boolean {
    return supportsCommand(type, this.#session, this.link?.abilities);
  }

  async prompt(message: UserMessage, signal: AbortSignal): Promise<PromptOutcome> {
    const link = this.#ready('prompt agent', signal);
    if (message.images?.length && !link.abilities.images) {
      throw new AgentInputError('images', 'Cannot prompt agent: it takes no pictures');
    }
    return this.#work.prompt(signal, async (stop) => {
      const turn = new Turn({ clock: this.#settings.clock, session: this.#session, link, stop });
      this.#turn = turn;
      try {
        return await turn.run(message);
      } finally {
        this.#turn = undefined;
      }
    });
  }

  async steer(_: UserMessage, signal: AbortSignal): Promise<never> {
    this.#work.checkWorking('steer agent', signal);
    throw new AgentUnsupportedError('Cannot steer agent: ACP has no way to tell something to an agent that works');
  }

  async followUp(_: UserMessage, signal: AbortSignal): Promise<never> {
    this.#work.checkWorking('queue message', signal);
    throw new AgentUnsupportedError('Cannot queue message: ACP has no queue');
  }

  async abort(deadlineMs: number): Promise<boolean> {
    return this.#work.kind === undefined ? this.#abortUnasked() : this.#work.abort(deadlineMs);
  }

  async perform<T extends PerformedType>(command: AgentCommand<T>, signal: AbortSignal): Promise<Performed<T>> {
    const { type } = command;
    if (!this.supports(type)) {
      throw new AgentUnsupportedError(`Cannot carry out ${type}: this agent does not offer it`);
    }
    this.#work.checkOpen(`carry out ${type}`, signal);
    const session = this.#session;
    const performed = await performCommand(command, {
      session,
      backend: this.#settings.name,
      link: () => this.#ready(`carry out ${type}`, signal),
      remember: (choice) => this.#start.choose(choice),
      renew: (link, until) => this.#start.renew(link, until),
      signal,
    });
    return performed as Performed<T>;
  }

  async rename(name: string, signal: AbortSignal): Promise<void> {
    this.#work.checkOpen('rename agent', signal);
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
    this.#supervisor.stop();
    this.#start.kill();
  }

  async #permission(request: RequestPermissionRequest, signal: AbortSignal): Promise<RequestPermissionResponse> {
    const dialog = permissionDialog(request);
    const ask = (taken: AbortSignal) => this.#work.ask(dialog.question, taken);
    return dialog.answer(await (this.#turn ? withEither(signal, this.#turn.over, ask) : ask(signal)));
  }

  #tellToStop(): void {
    void this.link?.notify('session/cancel', { sessionId: this.#session.id });
    void this.#desk?.killAll();
  }

  /** Ends what the agent does by itself: the protocol tells of no end of that, so it is over once the agent was told. */
  #abortUnasked(): boolean {
    if (!this.#session.conversation.isUnasked && !this.#work.isAsking) return false;
    this.#tellToStop();
    this.#work.interrupt();
    this.#session.abandon();
    return true;
  }

  #ready(attempt: string, signal: AbortSignal): AcpLink {
    this.#work.checkReady(attempt, signal);
    const { link } = this;
    if (link === undefined) throw new AgentStateError(`Cannot ${attempt}: the agent is started again`);
    return link;
  }

  async #givenUp(error: Error, exit: AgentProcessExit): Promise<void> {
    this.#life.noteExit(exit);
    this.#session.lose();
    this.#turn?.lose();
    this.#work.failed(error.message);
    this.#stop('failed', error.message);
    await this.#desk?.close();
  }

  #stop(reason: 'closed' | 'failed', errorMessage?: string): void {
    this.#session.lose();
    if (this.#life.stop(reason, errorMessage)) this.#onStopped();
  }

  async #close(deadlineMs: number): Promise<void> {
    const { gracePeriodMs } = this.#settings;
    this.#work.close();
    this.#work.interrupt();
    const link = this.#supervisor.stop();
    const desk = this.#desk?.close();
    await link?.end(Math.min(gracePeriodMs, deadlineMs));
    await this.#start.close(deadlineMs);
    await desk;
    this.#turn?.lose();
    this.#stop('closed');
  }
}
