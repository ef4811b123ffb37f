import { type Agent, type AgentOwner, type AgentStatus, Dialogs } from '@sessiond/agent-core';
import {
  type AgentCommandType,
  type AgentEvent,
  type AgentPhase,
  type AgentSessionInfo,
  type AgentSessionState,
  type BashEvent,
  type Command,
  commandContract,
  type ExitInfo,
  ProtocolError,
  type ResponseDataOf,
} from '@sessiond/protocol';
import type { BashPlace } from '../bash/session-bash.ts';
import type { Cause } from '../cause.ts';
import type { LiveSession } from '../hosted-session.ts';
import type { AttachmentHandlers, BashListener, EventAttachment, SessionEvent, SessionFacts } from '../session-host.ts';
import type { AgentSessionRecord } from '../session-record.ts';
import type { ConversationName } from '../stored/conversation-claims.ts';
import { WorkClock } from '../work-clock.ts';
import { carryOut } from './agent-calls.ts';
import { asProtocolErrors } from './agent-errors.ts';
import { type AgentFacts, agentInfo, agentState } from './agent-report.ts';
import type { AgentSessionOptions } from './agent-session-options.ts';
import { AgentStream } from './agent-stream.ts';

/** Before the agent has said anything of itself. */
const UNKNOWN: AgentStatus = Object.freeze({
  phase: 'starting',
  transitions: [],
  restarts: 0,
  isStreaming: false,
  isCompacting: false,
  steering: [],
  followUp: [],
});

/**
 * An agent that clients can address: an agent with an id, a name, a version, its events, its dialogs, and the clients that follow it. It outlives all of
 * them, and what was said outlives the agent for as long as its retention says.
 */
export class AgentSession implements LiveSession, BashPlace {
  readonly kind = 'agent';
  readonly sessionId: string;
  readonly retentionMs: number;
  readonly createdAt: string;
  readonly stopped: Promise<void>;
  readonly #options: AgentSessionOptions;
  readonly #stream: AgentStream;
  readonly #dialogs: Dialogs;
  #settleStopped: () => void = () => {};
  #agent: Agent | undefined;
  #name: string | undefined;
  #version: number;
  /** Why it is being ended, if it is. */
  #ending: ExitInfo['reason'] | undefined;
  #ended: { readonly exit: ExitInfo; readonly at: string } | undefined;
  /** Of commands and lines of shell. */
  readonly #work = new WorkClock();

  constructor(options: AgentSessionOptions) {
    const { sessionId, retentionMs, name, hosting, dialogPlaces, onUnattached } = options;
    this.sessionId = sessionId;
    this.retentionMs = retentionMs;
    this.createdAt = options.createdAt ?? new Date().toISOString();
    this.#version = options.version ?? 0;
    this.#name = name;
    this.#options = options;
    this.#stream = new AgentStream({
      sessionId,
      maxEvents: hosting.logEvents,
      maxBytes: hosting.logBytes,
      onGap: (events) => hosting.observer.gapTold(events),
      onUnattached,
    });
    this.#dialogs = new Dialogs({
      emit: (event) => {
        if (event.type === 'extension_ui_resolved') hosting.observer.dialogEnded(event.end);
        this.#stream.push(event);
      },
      maxPending: hosting.maxDialogsPerSession,
      places: dialogPlaces,
      ...(hosting.dialogTimeoutMs !== null && { timeoutMs: hosting.dialogTimeoutMs }),
      // An answer to a dialog of a former session of that id is none to one of this.
      idPrefix: `ui-${this.#stream.streamId.slice(0, 8)}-`,
    });
    this.stopped = new Promise((resolve) => {
      this.#settleStopped = resolve;
    });
  }

  /** What the agent tells and asks. */
  get agentOwner(): AgentOwner {
    const { shell } = this.#options.hosting;
    return {
      runShell: (request, signal) =>
        shell.run({ sessionId: this.sessionId, instance: this.#stream.streamId }, request, signal),
      onEvent: (event) => this.#agentEvent(event),
      onStatusChanged: () => this.#statusChanged(),
      ask: (question, signal) => this.#dialogs.ask(question, signal),
    };
  }

  /** Gives the session its agent. Called once. */
  begin(agent: Agent): void {
    this.#agent = agent;
    // A conversation that is taken up again may have one.
    this.#name ??= agent.status.name;
  }

  get cwd(): string {
    return this.#options.cwd;
  }

  get env(): Readonly<Record<string, string>> {
    return this.#options.env;
  }

  get seq(): number {
    return this.#stream.end - 1;
  }

  get attached(): number {
    return this.#stream.attached;
  }

  get finished(): boolean {
    return this.#ended !== undefined;
  }

  get quietMs(): number {
    return this.#work.quietMs;
  }

  get backend(): string {
    return this.#options.agent.backend;
  }

  /** Who answers the next prompt. */
  get provider(): { readonly provider: string; readonly model: string } | undefined {
    const { model } = this.#status;
    return model && { provider: model.provider, model: model.id };
  }

  /** What names its conversation, for as long as it has it open. */
  get conversation(): ConversationName | undefined {
    if (this.#ended !== undefined) return undefined;
    const { sessionFile, agentSessionId } = this.#status;
    if (sessionFile !== undefined) return { sessionPath: sessionFile };
    return agentSessionId === undefined ? undefined : { backend: this.#options.agent.backend, agentSessionId };
  }

  /** Bytes of events that are kept. */
  get logBytes(): number {
    return this.#stream.bytes;
  }

  get pendingDialogs(): number {
    return this.#dialogs.size;
  }

  get phase(): AgentPhase {
    return this.#ended === undefined ? this.#status.phase : 'stopped';
  }

  facts(): SessionFacts {
    return { owner: this.#options.owner, instance: this.#stream.streamId, version: this.#version };
  }

  info(): AgentSessionInfo {
    return agentInfo(this.#told);
  }

  state(): AgentSessionState {
    return agentState(this.#told);
  }

  record(): AgentSessionRecord {
    return { info: { ...this.info(), attached: 0 }, seq: this.seq, agent: this.#options.agent };
  }

  eventsAfter(): readonly [] {
    return [];
  }

  async rename(name: string, signal: AbortSignal): Promise<AgentSessionInfo> {
    const agent = this.#agent;
    if (agent !== undefined && !this.finished) await asProtocolErrors(() => agent.rename(name, signal));
    this.#name = name;
    this.changed();
    return this.info();
  }

  /** Counts a change that happened outside, such as the creation itself. */
  changed(): void {
    this.#version += 1;
    this.#options.onChanged();
  }

  attach(request: Command<'attach'>, handlers: AttachmentHandlers): EventAttachment {
    const exit = this.#ended?.exit;
    return this.#stream.attach(request, { state: this.phase, ...(exit !== undefined && { exit }) }, handlers);
  }

  /** @throws ProtocolError for what the agent refuses, does not know or fails at, and the reason of the signal once what was begun is over. */
  async carryOut<T extends AgentCommandType>(
    command: Command<T>,
    cause: Cause,
    signal: AbortSignal,
  ): Promise<ResponseDataOf<T>> {
    const agent = this.#running(command.type);
    const { lane, mutates } = commandContract(command.type);
    const over = this.#work.begin();
    const endOfWork = lane === 'data' ? this.#stream.workOf(cause.correlationId) : () => {};
    try {
      const calls = {
        sessionId: this.sessionId,
        agent,
        dialogs: this.#dialogs,
        abortMs: this.#options.hosting.abortMs,
      };
      const data = await asProtocolErrors(() => carryOut(calls, command, signal));
      if (mutates) this.changed();
      return data;
    } finally {
      endOfWork();
      over();
    }
  }

  async terminate(gracePeriodMs: number | undefined): Promise<ResponseDataOf<'terminate'>> {
    await this.#end('terminated', gracePeriodMs);
    return { exit: this.#ended!.exit, forceKilled: false, endOffset: this.#stream.end };
  }

  async end(reason: 'expired' | 'terminated' | 'shutdown', deadlineMs?: number): Promise<void> {
    await this.#end(reason, deadlineMs);
  }

  shellBegan(): () => void {
    return this.#work.begin();
  }

  bashEvent(event: BashEvent, { correlationId }: Cause, { connectionId, tell }: BashListener): void | Promise<void> {
    // Output has offsets, and would push everything else out of the log.
    const isOutput = event.type === 'bash.output';
    const seq = isOutput ? 0 : this.#stream.add(event, correlationId);
    const sessionEvent: SessionEvent = {
      sessionId: this.sessionId,
      seq,
      timestamp: new Date().toISOString(),
      correlationId,
      exceptConnectionId: connectionId,
      event,
    };
    if (seq === 0) this.#options.onEvent(sessionEvent);
    return tell(sessionEvent);
  }

  async bashEnded(
    command: string,
    { output, exitCode, truncated }: ResponseDataOf<'bash'>,
    signal: AbortSignal,
  ): Promise<void> {
    this.changed();
    try {
      await this.#agent?.recordBash({ command, output, exitCode, truncated }, signal);
    } catch {
      // The command itself has done what it was to do.
      this.#stream.push({ type: 'extension_error', message: 'The agent was not told of a bash command' });
    }
  }

  get #status(): AgentStatus {
    return this.#agent?.status ?? UNKNOWN;
  }

  get #told(): AgentFacts {
    const { owner, cwd, laneId, terminalId, agent } = this.#options;
    return {
      sessionId: this.sessionId,
      name: this.#name,
      owner,
      createdAt: this.createdAt,
      phase: this.phase,
      version: this.#version,
      backend: agent.backend,
      cwd,
      laneId,
      terminalId,
      status: this.#status,
      stream: this.#stream,
      dialogs: this.#dialogs.pending,
      ended: this.#ended,
      retentionMs: this.retentionMs,
      supports: (type) => this.#agent?.supports(type) ?? false,
    };
  }

  /** @throws ProtocolError when the agent does not know the command, or is no more. */
  #running(type: AgentCommandType): Agent {
    if (this.#agent === undefined || this.#ended !== undefined) {
      const reason = this.#ended === undefined ? 'starting' : `stopped (${this.#ended.exit.reason})`;
      throw new ProtocolError('INVALID_STATE', `Cannot run ${type}: the agent is ${reason}`);
    }
    if (this.#agent.supports(type)) return this.#agent;
    const { backend } = this.#options.agent;
    throw new ProtocolError('INVALID_STATE', `Cannot run ${type}: an agent of kind ${backend} does not know it`);
  }

  #agentEvent(event: AgentEvent): void {
    if (event.type === 'agent_stopped') {
      this.#stop(event.errorMessage);
      return;
    }
    this.#work.note();
    this.#stream.push(event);
  }

  #statusChanged(): void {
    if (this.#agent?.status.phase === 'stopped') this.#stop(this.#agent.status.lastError);
    else this.#options.onChanged();
  }

  async #end(reason: ExitInfo['reason'], deadlineMs: number | undefined): Promise<void> {
    this.#ending ??= reason;
    const { hosting } = this.#options;
    await this.#agent?.close(deadlineMs ?? hosting.abortMs);
    await hosting.endTerminals(this.sessionId);
    this.#stop(undefined);
  }

  /** The agent is no more, because somebody ended it or because it could not be kept running. */
  #stop(errorMessage: string | undefined): void {
    if (this.#ended !== undefined) return;
    const exit: ExitInfo = { exitCode: null, signal: null, reason: this.#ending ?? 'failed' };
    this.#ended = { exit, at: new Date().toISOString() };
    this.#dialogs.close();
    this.#stream.finish({
      type: 'agent_stopped',
      reason: exit.reason,
      ...(errorMessage !== undefined && { errorMessage }),
    });
    this.#options.onChanged();
    this.#settleStopped();
    // Whoever ends it waits for that.
    if (this.#ending === undefined) void this.#options.hosting.endTerminals(this.sessionId);
  }
}
