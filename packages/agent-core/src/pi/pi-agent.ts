import type { AgentCommand, AgentCommandType, AgentEvent, StoredSession } from '@sessiond/protocol';
import { AgentLife } from '../agent-life.ts';
import type { AgentProcessExit } from '../agent-process.ts';
import { AgentWork } from '../agent-work.ts';
import type {
  Agent,
  AgentOwner,
  AgentStatus,
  OpenAgent,
  Performed,
  PerformedType,
  PromptOutcome,
  RecordedBash,
  UserMessage,
} from '../backend.ts';
import type { Clock } from '../clock.ts';
import { AgentFailedError, AgentStateError, isAgentError } from '../errors.ts';
import { settledWithin } from '../settled-within.ts';
import type { Restarting } from '../supervisor.ts';
import { withEither } from '../with-either.ts';
import type { HostedStatus, HostOpen } from './channel/host-vocabulary.ts';
import { mustBeConversation, readConversationHeader } from './conversation-header.ts';
import type { LocalShell } from './local-shell.ts';
import type { OpenConversations } from './open-conversations.ts';
import type { PiChild, SessionOwner } from './pi-child.ts';
import type { PiWorkspace, WorkspaceMember } from './pi-workspace.ts';
import { SessionLink } from './session-link.ts';

/** Commands that go on until they are told to end, with the model at work: ended with their process if they do not. */
const LONG: ReadonlySet<string> = new Set<PerformedType>(['compact', 'navigate_tree']);

/** How long a session has at least to end by itself, before a process is ended in which others work. */
const AMONG_OTHERS_MS = 1_000;

/** What is true of a session that does nothing. */
const AT_REST = Object.freeze({ isStreaming: false, isCompacting: false, steering: [], followUp: [] });

/** What an agent of pi is made of. */
export interface PiAgentOptions {
  readonly request: OpenAgent;
  readonly sessionFile: string | undefined;
  readonly owner: AgentOwner;
  readonly workspace: PiWorkspace;
  readonly conversations: OpenConversations;
  readonly shell: LocalShell;
  readonly clock: Clock;
  readonly abortMs: number;
  /** How long a process may take to open the session. */
  readonly startMs: number;
  /** How long a model may be silent after it was asked; `undefined`: for ever. */
  readonly firstTokenMs: number | undefined;
  readonly list: (signal: AbortSignal) => Promise<readonly StoredSession[]>;
  readonly onClosed: () => void;
}

/** One session of pi, in whatever process runs it now. */
export class PiAgent implements Agent, WorkspaceMember, SessionOwner {
  readonly #options: PiAgentOptions;
  readonly #life: AgentLife;
  readonly #work: AgentWork;
  #hosted: HostedStatus = AT_REST;
  /** To the process that runs it; `undefined` while that is started again, and when it is over. */
  #link: SessionLink | undefined;
  /** Aborted when it is over: nothing is to be opened any more. */
  readonly #ending = new AbortController();
  #restarts = 0;
  #resumed = true;
  #closing: Promise<void> | undefined;

  private constructor(options: PiAgentOptions) {
    const { owner, clock, abortMs, firstTokenMs, workspace } = options;
    this.#options = options;
    this.#life = new AgentLife({ emit: (event) => owner.onEvent(event) });
    this.#work = new AgentWork({
      clock,
      life: this.#life,
      owner,
      abortMs,
      firstTokenMs,
      asked: () => ({
        provider: this.#hosted.model?.provider ?? 'unknown',
        ...(this.#hosted.model !== undefined && { model: this.#hosted.model.id }),
      }),
      tellToStop: () => void this.#link?.ask('abort', {}).catch(() => {}),
      endProcess: () => workspace.endProcess(),
    });
  }

  /** Opens a session in a process. @throws what the process answers, AgentFailedError when it does not in time, the signal's reason. */
  static async open(options: PiAgentOptions, child: PiChild, signal: AbortSignal): Promise<PiAgent> {
    const agent = new PiAgent(options);
    const { name, model, thinkingLevel } = options.request;
    const { sessionFile } = options;
    const open = {
      ...(name !== undefined && { name }),
      ...(model !== undefined && { model }),
      ...(thinkingLevel !== undefined && { thinkingLevel }),
      ...(sessionFile !== undefined && { sessionFile }),
    };
    await agent.#openIn(child, open, signal);
    agent.#life.apply('started');
    return agent;
  }

  get status(): AgentStatus {
    const pid = this.#link?.child.pid;
    const { lastError } = this.#work;
    const { phase, transitions, lastExit } = this.#life;
    return {
      ...this.#hosted,
      phase,
      transitions,
      restarts: this.#restarts,
      ...(pid !== undefined && { pid }),
      ...(lastError !== undefined && { lastError }),
      ...(lastExit !== undefined && { lastExit }),
    };
  }

  /** pi knows every command there is. */
  supports(_: AgentCommandType): boolean {
    return true;
  }

  async prompt(message: UserMessage, signal: AbortSignal): Promise<PromptOutcome> {
    this.#work.checkReady('prompt agent', signal);
    const link = this.#up('prompt agent');
    return this.#work.prompt(signal, () => link.ask('prompt', { ...message }));
  }

  async steer(message: UserMessage, signal: AbortSignal): Promise<void> {
    this.#work.checkWorking('steer agent', signal);
    await this.#up('steer agent').request('steer', { ...message }, signal);
  }

  async followUp(message: UserMessage, signal: AbortSignal): Promise<void> {
    this.#work.checkWorking('queue message', signal);
    await this.#up('queue message').request('followUp', { ...message }, signal);
  }

  async abort(deadlineMs: number): Promise<boolean> {
    const patienceMs = this.#patienceMs(deadlineMs);
    // Chosen at once: what is begun in the next moment is not to be ended.
    return this.#work.kind === undefined ? this.#abortUnasked(patienceMs) : this.#work.abort(patienceMs);
  }

  async perform<T extends PerformedType>(command: AgentCommand<T>, signal: AbortSignal): Promise<Performed<T>> {
    const attempt = `carry out ${command.type}`;
    this.#work.checkUp(attempt, signal);
    return (await this.#perform(command, this.#up(attempt), signal)) as Performed<T>;
  }

  async rename(name: string, signal: AbortSignal): Promise<void> {
    this.#work.checkUp('rename agent', signal);
    await this.#up('rename agent').request('rename', { name }, signal);
  }

  async recordBash(run: RecordedBash, signal: AbortSignal): Promise<void> {
    this.#work.checkUp('record command', signal);
    await this.#up('record command').request('recordBash', { ...run }, signal);
  }

  close(deadlineMs: number): Promise<void> {
    this.#closing ??= this.#close(deadlineMs);
    return this.#closing;
  }

  onEvents(events: readonly AgentEvent[]): void {
    for (const event of events) {
      this.#work.observe(event);
      this.#options.owner.onEvent(event);
    }
  }

  onStatus(status: HostedStatus): void {
    const before = this.#hosted.sessionFile;
    this.#hosted = status;
    if (status.sessionFile !== before) this.#keepFile();
    this.#options.owner.onStatusChanged();
  }

  ask(question: Parameters<AgentOwner['ask']>[0], signal: AbortSignal): ReturnType<AgentOwner['ask']> {
    return this.#work.ask(question, signal);
  }

  shell(request: Parameters<SessionOwner['shell']>[0], signal: AbortSignal): ReturnType<SessionOwner['shell']> {
    const { owner, shell, request: opened } = this.#options;
    const whole = { ...request, env: { ...opened.toolEnv, ...request.env } };
    return withEither(signal, this.#work.signal, (either) =>
      owner.runShell === undefined ? shell.run(whole, either) : owner.runShell(whole, either),
    );
  }

  onLost(restarting: Restarting): void {
    this.#letGo();
    this.#life.processEnded(restarting);
  }

  async reopen(child: PiChild): Promise<void> {
    const { name, model, thinkingLevel, sessionFile } = this.#hosted;
    const kept = sessionFile !== undefined && (await readConversationHeader(sessionFile)) !== undefined;
    this.#resumed = kept;
    const open = {
      ...(name !== undefined && { name }),
      ...(model !== undefined && { model: `${model.provider}/${model.id}` }),
      ...(thinkingLevel !== undefined && { thinkingLevel }),
      ...(kept && { sessionFile }),
    };
    try {
      await this.#openIn(child, open, this.#ending.signal);
    } catch (error) {
      if (isInterruption(error)) throw error;
      // The others are not to be without a process because of this one.
      this.onGivenUp(error instanceof Error ? error : new AgentFailedError('Cannot open agent again'));
    }
  }

  onRestarted(attempt: number): void {
    if (this.#link === undefined) return;
    this.#restarts += 1;
    this.#life.restarted(attempt, this.#resumed);
  }

  onGivenUp(error: Error, exit?: AgentProcessExit): void {
    if (exit !== undefined) this.#life.noteExit(exit);
    this.#work.failed(error.message);
    this.#stop('failed', error.message);
  }

  async #perform(command: AgentCommand<PerformedType>, link: SessionLink, signal: AbortSignal): Promise<unknown> {
    if (command.type === 'list_session_files') return { sessions: await this.#options.list(signal) };
    const { sessionId: _, ...rest } = command as { sessionId?: string; type: string };
    if (LONG.has(command.type)) {
      this.#work.checkReady(`carry out ${command.type}`);
      return this.#work.run(command.type, signal, () => link.ask('perform', { command: rest }));
    }
    if (command.type !== 'switch_session_file') return link.request('perform', { command: rest }, signal);
    await mustBeConversation(command.sessionPath);
    // Until it is known in which of the two files the session is, it has both.
    this.#options.conversations.take(this.#options.request.sessionId, command.sessionPath);
    try {
      return await link.request('perform', { command: rest }, signal);
    } finally {
      this.#keepFile();
    }
  }

  /** Ends what pi does by itself, such as a turn that an extension began. */
  async #abortUnasked(deadlineMs: number): Promise<boolean> {
    const link = this.#link;
    if (link === undefined) return false;
    let aborted: boolean | undefined;
    const answer = link.ask('abort', {}).then(
      (worked) => {
        aborted = worked;
      },
      () => {
        aborted = false;
      },
    );
    this.#work.interrupt();
    await settledWithin(this.#options.clock, deadlineMs, answer);
    if (aborted === undefined && this.#link === link) await this.#options.workspace.endProcess();
    return aborted ?? true;
  }

  /** The file is this session's, if it has one, and what it had before is for others again. */
  #keepFile(): void {
    const { sessionFile } = this.#hosted;
    const { conversations, request } = this.#options;
    // One that is over has no file any more, also if it learns late of one.
    if (sessionFile === undefined || this.#life.phase === 'stopped') return;
    try {
      conversations.move(request.sessionId, sessionFile);
    } catch {
      // Looked at before it was opened; an extension that goes to a file another session has does so on its own.
    }
  }

  async #openIn(child: PiChild, open: Omit<HostOpen, 'session'>, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { clock, request, abortMs, startMs } = this.#options;
    this.#link?.detach();
    const link = new SessionLink({ child, session: request.sessionId, owner: this, clock, abortMs });
    this.#link = link;
    try {
      this.onStatus(await link.open(open, startMs, signal));
    } catch (error) {
      if (this.#link === link) this.#link = undefined;
      throw error;
    }
  }

  /** Who has no patience with one session has some with those that share its process. */
  #patienceMs(deadlineMs: number): number {
    return this.#options.workspace.isShared ? Math.max(deadlineMs, AMONG_OTHERS_MS) : deadlineMs;
  }

  #up(attempt: string): SessionLink {
    if (this.#link === undefined) throw new AgentStateError(`Cannot ${attempt}: the agent is started again`);
    return this.#link;
  }

  async #close(deadlineMs: number): Promise<void> {
    const link = this.#link;
    this.#work.close();
    this.#ending.abort(new AgentStateError('Cannot open agent again: it was closed'));
    if (link !== undefined) {
      let isClosed = false;
      const answer = link.ask('close', {}).catch(() => {});
      const closed = answer.then(() => {
        isClosed = true;
      });
      this.#work.interrupt();
      await settledWithin(this.#options.clock, this.#patienceMs(deadlineMs), closed);
      if (!isClosed) await this.#options.workspace.endProcess();
    }
    this.#stop('closed');
  }

  #stop(reason: 'closed' | 'failed', errorMessage?: string): void {
    if (this.#life.phase === 'stopped') return;
    const { conversations, request, workspace, onClosed } = this.#options;
    this.#ending.abort(new AgentStateError('Cannot open agent again: it is over'));
    this.#letGo();
    conversations.release(request.sessionId);
    workspace.remove(this);
    this.#life.stop(reason, errorMessage);
    onClosed();
  }

  #letGo(): void {
    this.#link?.detach();
    this.#link = undefined;
    this.#hosted = { ...this.#hosted, ...AT_REST };
  }
}

function isInterruption(error: unknown): boolean {
  return isAgentError(error) && error.code === 'agent-failed' && error.interrupted;
}
