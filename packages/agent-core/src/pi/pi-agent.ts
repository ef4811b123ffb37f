import type { AgentCommand, AgentCommandType, AgentEvent, StoredSession } from '@sessiond/protocol';
import { AgentLife } from '../agent-life.ts';
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
import type { Restarting } from '../supervisor.ts';
import type { HostedStatus, HostOpen, HostVocabulary } from './channel/host-vocabulary.ts';
import { mustBeConversation, readConversationHeader } from './conversation-header.ts';
import type { LocalShell } from './local-shell.ts';
import type { OpenConversations } from './open-conversations.ts';
import type { PiChild, SessionOwner } from './pi-child.ts';
import type { PiWorkspace, WorkspaceMember } from './pi-workspace.ts';

/** Commands that go on until they are told to end, with the model at work: ended with their process if they do not. */
const LONG: ReadonlySet<string> = new Set<PerformedType>(['compact', 'navigate_tree']);

/** Commands pi does not know, of all that there are: none so far. */
const UNKNOWN: ReadonlySet<AgentCommandType> = new Set();

type HostRequests = HostVocabulary['requests'];

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
  readonly list: (signal: AbortSignal) => Promise<readonly StoredSession[]>;
  readonly onClosed: () => void;
}

/** One session of pi, in whatever process runs it now. */
export class PiAgent implements Agent, WorkspaceMember, SessionOwner {
  readonly #options: PiAgentOptions;
  readonly #life: AgentLife;
  #hosted: HostedStatus = { isStreaming: false, isCompacting: false, steering: [], followUp: [] };
  #child: PiChild | undefined;
  #detach: () => void = () => {};
  /** Aborted with the turn: questions and commands of tools of this session, which are not to wait for a process that does not react. */
  #turn = new AbortController();
  /** Aborted when it is over: nothing is to be opened any more. */
  readonly #ending = new AbortController();
  #works = false;
  #aborting = false;
  #restarts = 0;
  #resumed = true;
  #lastError: string | undefined;
  #lastExit: AgentStatus['lastExit'];
  #closed: Promise<void> | undefined;

  private constructor(options: PiAgentOptions) {
    this.#options = options;
    this.#life = new AgentLife({ emit: (event) => options.owner.onEvent(event) });
  }

  /** Opens a session in a process. @throws what the process answers, AgentFailedError when it does not in time, the signal's reason. */
  static async open(options: PiAgentOptions, child: PiChild, signal: AbortSignal): Promise<PiAgent> {
    const agent = new PiAgent(options);
    const { name, model, thinkingLevel } = options.request;
    const { sessionFile } = options;
    await agent.#openIn(
      child,
      {
        ...(name === undefined ? {} : { name }),
        ...(model === undefined ? {} : { model }),
        ...(thinkingLevel === undefined ? {} : { thinkingLevel }),
        ...(sessionFile === undefined ? {} : { sessionFile }),
      },
      signal,
    );
    agent.#life.apply('started');
    return agent;
  }

  get status(): AgentStatus {
    const pid = this.#child?.pid;
    return {
      ...this.#hosted,
      phase: this.#life.phase,
      transitions: this.#life.transitions,
      restarts: this.#restarts,
      ...(pid === undefined ? {} : { pid }),
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
      ...(this.#lastExit === undefined ? {} : { lastExit: this.#lastExit }),
    };
  }

  supports(type: AgentCommandType): boolean {
    return !UNKNOWN.has(type);
  }

  async prompt(message: UserMessage, signal: AbortSignal): Promise<PromptOutcome> {
    signal.throwIfAborted();
    const child = this.#mustRest('prompt');
    return this.#work('prompt', child, async () => {
      const onAbort = () => void this.abort(this.#options.abortMs);
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        const outcome = await this.#ask(child, 'prompt', { ...message });
        signal.throwIfAborted();
        return outcome;
      } catch (error) {
        signal.throwIfAborted();
        if (this.#aborting && isInterruption(error)) return { stopReason: 'aborted', text: '' };
        throw error;
      } finally {
        signal.removeEventListener('abort', onAbort);
      }
    });
  }

  async steer(message: UserMessage, signal: AbortSignal): Promise<void> {
    await this.#queue('steer', message, signal);
  }

  async followUp(message: UserMessage, signal: AbortSignal): Promise<void> {
    await this.#queue('followUp', message, signal);
  }

  async abort(deadlineMs: number): Promise<boolean> {
    const child = this.#child;
    if (child === undefined) return false;
    this.#aborting = this.#works;
    const answer = this.#ask(child, 'abort', {}).catch(() => this.#works);
    // Sent first, so that the process knows why a command or a question of its own fails.
    this.#endTurn('The turn was aborted');
    const aborted = await this.#within(answer, deadlineMs);
    if (aborted !== undefined) return aborted;
    await this.#options.workspace.endProcess();
    return true;
  }

  async perform<T extends PerformedType>(command: AgentCommand<T>, signal: AbortSignal): Promise<Performed<T>> {
    signal.throwIfAborted();
    if (command.type === 'list_session_files') {
      return { sessions: await this.#options.list(signal) } as unknown as Performed<T>;
    }
    const { sessionId: _session, ...rest } = command as { sessionId?: string; type: string };
    if (LONG.has(command.type)) {
      const child = this.#mustRest('carry out command');
      const long = () => this.#endable(child, 'perform', { command: rest }, signal, true);
      return (await this.#work(command.type, child, long)) as Performed<T>;
    }
    const child = this.#mustRun('carry out command');
    const isSwitch = command.type === 'switch_session_file';
    if (isSwitch) await this.#checkFile(command as AgentCommand<'switch_session_file'>);
    try {
      return (await this.#endable(child, 'perform', { command: rest }, signal, false)) as Performed<T>;
    } finally {
      if (isSwitch) this.#keepFile();
    }
  }

  async rename(name: string, signal: AbortSignal): Promise<void> {
    await this.#endable(this.#mustRun('rename'), 'rename', { name }, signal, false);
  }

  async recordBash(run: RecordedBash, signal: AbortSignal): Promise<void> {
    await this.#endable(this.#mustRun('record command'), 'recordBash', { ...run }, signal, false);
  }

  close(deadlineMs: number): Promise<void> {
    this.#closed ??= this.#close(deadlineMs);
    return this.#closed;
  }

  onEvents(events: readonly AgentEvent[]): void {
    for (const event of events) this.#options.owner.onEvent(event);
  }

  onStatus(status: HostedStatus): void {
    const before = this.#hosted.sessionFile;
    this.#hosted = status;
    if (status.sessionFile !== before) this.#keepFile();
    this.#options.owner.onStatusChanged();
  }

  ask(question: Parameters<AgentOwner['ask']>[0], signal: AbortSignal): ReturnType<AgentOwner['ask']> {
    return this.#options.owner.ask(question, AbortSignal.any([signal, this.#turn.signal]));
  }

  shell(request: Parameters<SessionOwner['shell']>[0], signal: AbortSignal): ReturnType<SessionOwner['shell']> {
    const { owner, shell, request: opened } = this.#options;
    const whole = { ...request, env: { ...opened.toolEnv, ...request.env } };
    const either = AbortSignal.any([signal, this.#turn.signal]);
    return owner.runShell === undefined ? shell.run(whole, either) : owner.runShell(whole, either);
  }

  onLost({ attempt, delayMs, exit }: Restarting): void {
    const { exitCode, signal } = exit;
    const interrupted = this.#works;
    this.#detach();
    this.#child = undefined;
    this.#lastExit = { ...(exitCode === null ? {} : { exitCode }), ...(signal === null ? {} : { signal }) };
    this.#hosted = { ...this.#hosted, isStreaming: false, isCompacting: false, steering: [], followUp: [] };
    this.#options.owner.onEvent({ type: 'agent_restarting', attempt, delayMs, exitCode, signal, interrupted });
    this.#life.apply('process-ended');
  }

  async reopen(child: PiChild): Promise<void> {
    const { name, model, thinkingLevel, sessionFile } = this.#hosted;
    const kept = sessionFile !== undefined && (await readConversationHeader(sessionFile)) !== undefined;
    this.#resumed = kept;
    try {
      await this.#openIn(
        child,
        {
          ...(name === undefined ? {} : { name }),
          ...(model === undefined ? {} : { model: `${model.provider}/${model.id}` }),
          ...(thinkingLevel === undefined ? {} : { thinkingLevel }),
          ...(kept ? { sessionFile } : {}),
        },
        this.#ending.signal,
      );
    } catch (error) {
      this.#child = undefined;
      if (isInterruption(error)) throw error;
      // The others are not to be without a process because of this one.
      this.onGivenUp(error instanceof Error ? error : new AgentFailedError('Cannot open agent again'));
    }
  }

  onRestarted(attempt: number): void {
    if (this.#child === undefined) return;
    this.#restarts += 1;
    this.#options.owner.onEvent({ type: 'agent_restarted', attempt, resumed: this.#resumed });
    this.#life.apply('restarted');
  }

  onGivenUp(error: Error): void {
    this.#lastError = error.message;
    this.#stop('failed', error.message);
  }

  /** Does the one thing an agent does at a time. What goes down with its process takes the phase along. */
  async #work<T>(cause: string, child: PiChild, work: () => Promise<T>): Promise<T> {
    this.#works = true;
    this.#aborting = false;
    this.#life.apply('work-began', cause);
    try {
      const result = await work();
      this.#lastError = undefined;
      return result;
    } catch (error) {
      if (error instanceof AgentFailedError) this.#lastError = error.message;
      throw error;
    } finally {
      if (child.isGone) await child.exited;
      this.#works = false;
      this.#life.apply('work-ended');
    }
  }

  /** The file is this session's, if it has one, and what it had before is for others again. */
  #keepFile(): void {
    const { sessionFile } = this.#hosted;
    const { conversations, request } = this.#options;
    try {
      if (sessionFile !== undefined) conversations.move(request.sessionId, sessionFile);
    } catch {
      // Looked at before it was opened; an extension that goes to a file another session has does so on its own.
    }
  }

  /** Until it is known in which of the two files the session is, it has both. */
  async #checkFile({ sessionPath }: AgentCommand<'switch_session_file'>): Promise<void> {
    await mustBeConversation(sessionPath);
    this.#options.conversations.take(this.#options.request.sessionId, sessionPath);
  }

  /** A process that is told that nobody wants the session any more closes it, however late it has opened it. */
  async #openIn(child: PiChild, open: Omit<HostOpen, 'session'>, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { clock, request, startMs } = this.#options;
    this.#detach();
    this.#detach = child.attach(request.sessionId, this);
    this.#child = child;
    const late = new AbortController();
    const cancel = clock.after(startMs, () =>
      late.abort(new AgentFailedError(`Cannot open agent: pi has not opened it within ${startMs} ms`)),
    );
    try {
      this.onStatus(await this.#endable(child, 'open', open, AbortSignal.any([signal, late.signal]), false));
    } catch (error) {
      this.#detach();
      throw error;
    } finally {
      cancel();
    }
  }

  async #queue(name: 'steer' | 'followUp', message: UserMessage, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const child = this.#mustRun(name === 'steer' ? 'steer' : 'follow up');
    await this.#endable(child, name, { ...message }, signal, false);
  }

  #ask<K extends keyof HostRequests & string>(
    child: PiChild,
    name: K,
    params: Omit<HostRequests[K][0], 'session'>,
    signal?: AbortSignal,
  ): Promise<HostRequests[K][1]> {
    const whole = { session: this.#options.request.sessionId, ...params } as unknown as HostRequests[K][0];
    return child.peer.request(name, whole, signal);
  }

  /** A request that is told to end when the signal is aborted, and is waited for a while then; `kill`: whose process is ended if it does not end. */
  async #endable<K extends keyof HostRequests & string>(
    child: PiChild,
    name: K,
    params: Omit<HostRequests[K][0], 'session'>,
    signal: AbortSignal,
    kill: boolean,
  ): Promise<HostRequests[K][1]> {
    signal.throwIfAborted();
    const answer = this.#ask(child, name, params, signal);
    let onAbort = (): void => {};
    const aborted = new Promise<void>((resolve) => {
      onAbort = resolve;
      signal.addEventListener('abort', onAbort, { once: true });
    });
    const settled = answer.then(
      () => true,
      () => true,
    );
    await Promise.race([settled, aborted]);
    signal.removeEventListener('abort', onAbort);
    if (!signal.aborted) return answer;
    const late = (await this.#within(settled, this.#options.abortMs)) === undefined;
    answer.catch(() => {});
    if (late && kill) await this.#options.workspace.endProcess();
    throw signal.reason;
  }

  /** The value, or `undefined` if it does not come in time. */
  async #within<T>(value: Promise<T>, ms: number): Promise<T | undefined> {
    let cancel = (): void => {};
    const late = new Promise<undefined>((resolve) => {
      cancel = this.#options.clock.after(ms, () => resolve(undefined));
    });
    try {
      return await Promise.race([value, late]);
    } finally {
      cancel();
    }
  }

  #endTurn(reason: string): void {
    const turn = this.#turn;
    this.#turn = new AbortController();
    turn.abort(new AgentFailedError(reason));
  }

  #mustRun(action: string): PiChild {
    if (this.#child !== undefined && this.#closed === undefined) return this.#child;
    const state = this.#life.phase === 'restarting' ? 'is being started again' : 'is over';
    throw new AgentStateError(`Cannot ${action}: the agent ${state}`);
  }

  #mustRest(action: string): PiChild {
    const child = this.#mustRun(action);
    if (this.#works) throw new AgentStateError(`Cannot ${action}: the agent works`);
    return child;
  }

  async #close(deadlineMs: number): Promise<void> {
    const child = this.#child;
    this.#ending.abort(new AgentStateError('Cannot open agent again: it was closed'));
    if (child !== undefined) {
      this.#aborting = this.#works;
      const answer = this.#ask(child, 'close', {}).then(
        () => true,
        () => true,
      );
      this.#endTurn('The agent was closed');
      if ((await this.#within(answer, deadlineMs)) === undefined) await this.#options.workspace.endProcess();
    }
    this.#stop('closed');
  }

  #stop(reason: string, errorMessage?: string): void {
    if (!this.#life.apply('stopped', reason)) return;
    this.#hosted = { ...this.#hosted, isStreaming: false, isCompacting: false, steering: [], followUp: [] };
    this.#ending.abort(new AgentStateError('Cannot open agent again: it is over'));
    this.#detach();
    this.#child = undefined;
    this.#closed ??= Promise.resolve();
    this.#options.conversations.release(this.#options.request.sessionId);
    this.#options.workspace.remove(this);
    this.#options.owner.onEvent({
      type: 'agent_stopped',
      reason,
      ...(errorMessage === undefined ? {} : { errorMessage }),
    });
    this.#options.onClosed();
  }
}

function isInterruption(error: unknown): boolean {
  return isAgentError(error) && error.code === 'agent-failed' && error.interrupted;
}
