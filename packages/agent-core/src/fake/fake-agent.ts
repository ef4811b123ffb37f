import type { AgentCommand, AgentCommandType, AgentEvent } from '@sessiond/protocol';
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
import { AgentFailedError, AgentStateError, AgentUnsupportedError } from '../errors.ts';
import { Supervisor, type SupervisorOptions, type SupervisorSnapshot } from '../supervisor.ts';
import type { ConversationFiles } from './conversation-files.ts';
import { type FakeCommands, fakeMoves, fakeQuestions, fakeSettings } from './fake-commands.ts';
import { compaction } from './fake-compaction.ts';
import { FakeProcess } from './fake-process.ts';
import { FakeState } from './fake-state.ts';
import { FakeTurn } from './fake-turn.ts';
import { FakeWork } from './fake-work.ts';
import { MessageQueue } from './message-queue.ts';

/** How the process of an agent is started again. */
export type FakeSupervision = Pick<
  SupervisorOptions<FakeProcess>,
  'firstDelayMs' | 'maxDelayMs' | 'stableMs' | 'maxFailures' | 'failureWindowMs'
>;

/** What a fake agent is made of. */
export interface FakeAgentParts {
  readonly request: OpenAgent;
  readonly owner: AgentOwner;
  readonly files: ConversationFiles | undefined;
  readonly clock: Clock;
  /** Wall-clock milliseconds. */
  readonly wallNow: () => number;
  readonly abortMs: number;
  readonly supervision: FakeSupervision;
  /** It is over. */
  readonly onOver: () => void;
}

const OWN_COMMANDS: ReadonlySet<AgentCommandType> = new Set([
  'prompt',
  'steer',
  'follow_up',
  'abort',
  'list_pending_ui',
  'extension_ui_response',
]);

/** An agent without a model: the words of a prompt decide what it does, see `FAKE_WORDS`. */
export class FakeAgent implements Agent {
  readonly #parts: FakeAgentParts;
  readonly #state: FakeState;
  readonly #life: AgentLife;
  readonly #queue: MessageQueue;
  readonly #supervisor: Supervisor<FakeProcess>;
  readonly #work: FakeWork;
  readonly #moves: FakeCommands;
  readonly #commands: FakeCommands;
  #lastError: string | undefined;
  #closing: Promise<void> | undefined;

  private constructor(parts: FakeAgentParts, state: FakeState, emit: (event: AgentEvent) => void) {
    this.#parts = parts;
    this.#state = state;
    this.#life = new AgentLife({ emit, now: parts.wallNow });
    this.#queue = new MessageQueue(emit);
    this.#supervisor = new Supervisor({
      ...parts.supervision,
      clock: parts.clock,
      start: async () => new FakeProcess(),
      onRestarting: ({ attempt, delayMs, exit }) => {
        const interrupted = this.#life.phase === 'running';
        this.#queue.clear();
        emit({ type: 'agent_restarting', attempt, delayMs, ...exit, interrupted });
        this.#life.apply('process-ended');
      },
      onRestarted: (_, attempt) => {
        emit({ type: 'agent_restarted', attempt, resumed: true });
        this.#life.apply('restarted');
      },
      onGivenUp: (error) => {
        this.#lastError = error.message;
        this.#stopped('failed', error.message);
      },
    });
    this.#work = new FakeWork({
      life: this.#life,
      clock: parts.clock,
      abortMs: parts.abortMs,
      end: () => this.#endProcess(),
    });
    this.#moves = fakeMoves(state);
    this.#commands = {
      ...fakeQuestions(state),
      ...fakeSettings(state),
      ...this.#moves,
      compact: (command, signal) => this.#compact(command, signal),
      abort_compaction: async () => ({
        aborted: this.#work.kind === 'compact' && (await this.#work.abort(parts.abortMs)),
      }),
    };
  }

  /** Starts an agent. @throws AgentInputError, and the signal's reason. */
  static async open(parts: FakeAgentParts, signal: AbortSignal): Promise<FakeAgent> {
    signal.throwIfAborted();
    const { request, files, owner, wallNow } = parts;
    const emit = (event: AgentEvent) => owner.onEvent(event);
    const timestamp = () => new Date(wallNow()).toISOString();
    const state = await FakeState.open({ request, files, emit, timestamp });
    const agent = new FakeAgent(parts, state, emit);
    await agent.#supervisor.begin(signal);
    agent.#life.apply('started');
    return agent;
  }

  get status(): AgentStatus {
    const { conversation, sessionPath, model, thinkingLevel, autoCompactionEnabled } = this.#state;
    const { restarts, lastExit } = this.#supervisor.snapshot();
    return {
      phase: this.#life.phase,
      transitions: this.#life.transitions,
      model,
      thinkingLevel,
      agentSessionId: conversation.origin.id,
      restarts,
      isStreaming: this.#work.kind === 'prompt',
      isCompacting: this.#work.kind === 'compact',
      autoCompactionEnabled,
      messageCount: conversation.branch().length,
      steering: this.#queue.steering,
      followUp: this.#queue.followUp,
      ...(conversation.name !== undefined && { name: conversation.name }),
      ...(sessionPath !== undefined && { sessionFile: sessionPath }),
      ...(this.#lastError !== undefined && { lastError: this.#lastError }),
      ...(lastExit !== undefined && { lastExit: exitOf(lastExit) }),
    };
  }

  /** How often its process ended and came back. */
  get supervision(): SupervisorSnapshot {
    return this.#supervisor.snapshot();
  }

  supports(type: AgentCommandType): boolean {
    return OWN_COMMANDS.has(type) || Object.hasOwn(this.#commands, type);
  }

  async prompt(message: UserMessage, signal: AbortSignal): Promise<PromptOutcome> {
    this.#checkReady('prompt agent', signal);
    const { request, owner, clock } = this.#parts;
    const { conversation, timestamp } = this.#state;
    const process = this.#supervisor.process!;
    return this.#recordFailure(
      this.#work.run('prompt', process.gone, signal, (aborted) => {
        const turn = new FakeTurn({
          request,
          owner,
          conversation,
          queue: this.#queue,
          model: () => this.#state.model,
          clock,
          timestamp,
          crash: () => process.crash(),
          aborted,
          gone: process.gone,
        });
        return turn.run(message);
      }),
    );
  }

  async steer(message: UserMessage, signal: AbortSignal): Promise<void> {
    this.#checkWorking('steer agent', signal);
    this.#queue.steer(message);
  }

  async followUp(message: UserMessage, signal: AbortSignal): Promise<void> {
    this.#checkWorking('queue message', signal);
    this.#queue.queueFollowUp(message);
  }

  async abort(deadlineMs: number): Promise<boolean> {
    this.#queue.clear();
    return this.#work.abort(deadlineMs);
  }

  async perform<T extends PerformedType>(command: AgentCommand<T>, signal: AbortSignal): Promise<Performed<T>> {
    const type = command.type as T;
    const carryOut = this.#commands[type];
    if (carryOut === undefined)
      throw new AgentUnsupportedError(`Cannot carry out ${type}: the fake agent does not know it`);
    this.#checkOpen(`carry out ${type}`, signal);
    if (Object.hasOwn(this.#moves, type)) this.#checkReady(`carry out ${type}`, signal);
    const performed = await carryOut(command, signal);
    signal.throwIfAborted();
    return performed;
  }

  async rename(name: string, signal: AbortSignal): Promise<void> {
    this.#checkOpen('rename conversation', signal);
    this.#state.conversation.rename(name);
  }

  async recordBash({ command, output, exitCode }: RecordedBash, signal: AbortSignal): Promise<void> {
    this.#checkOpen('record command', signal);
    const text = `$ ${command}\n${output}\n(${exitCode === null ? 'ended by a signal' : `exit ${exitCode}`})`;
    const timestamp = this.#state.timestamp();
    this.#state.conversation.add({ role: 'bashExecution', content: [{ type: 'text', text }], timestamp });
  }

  async close(deadlineMs: number): Promise<void> {
    this.#closing ??= this.#close(deadlineMs);
    await this.#closing;
  }

  /** Ends its process now, and waits for nothing. */
  kill(): void {
    this.#supervisor.stop()?.kill();
  }

  async #close(deadlineMs: number): Promise<void> {
    const process = this.#supervisor.stop();
    await this.abort(deadlineMs);
    process?.kill();
    this.#stopped('closed');
  }

  #stopped(reason: 'closed' | 'failed', errorMessage?: string): void {
    if (!this.#life.apply('stopped', reason)) return;
    const { owner, onOver } = this.#parts;
    owner.onEvent({ type: 'agent_stopped', reason, ...(errorMessage !== undefined && { errorMessage }) });
    onOver();
  }

  /** Ends the process with what does not stop by itself. */
  #endProcess(): void {
    this.#supervisor.expectEnd();
    this.#supervisor.process?.kill();
  }

  #compact({ customInstructions }: AgentCommand<'compact'>, signal: AbortSignal): Promise<Performed<'compact'>> {
    this.#checkReady('compact conversation', signal);
    const { gone } = this.#supervisor.process!;
    const { clock } = this.#parts;
    return this.#recordFailure(
      this.#work.run('compact', gone, signal, (aborted) =>
        compaction({ state: this.#state, customInstructions, clock, aborted, gone }),
      ),
    );
  }

  async #recordFailure<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof AgentFailedError) this.#lastError = error.message;
      throw error;
    }
  }

  #checkOpen(action: string, signal: AbortSignal): void {
    signal.throwIfAborted();
    if (this.#life.phase === 'stopped' || this.#closing !== undefined) {
      throw new AgentStateError(`Cannot ${action}: the agent is stopped`);
    }
  }

  #checkReady(action: string, signal: AbortSignal): void {
    this.#checkOpen(action, signal);
    if (this.#work.kind !== undefined) throw new AgentStateError(`Cannot ${action}: the agent works`);
    if (this.#life.phase !== 'idle') throw new AgentStateError(`Cannot ${action}: the agent is started again`);
  }

  #checkWorking(action: string, signal: AbortSignal): void {
    this.#checkOpen(action, signal);
    if (this.#life.phase !== 'running' || this.#work.kind !== 'prompt') {
      throw new AgentStateError(`Cannot ${action}: nothing runs`);
    }
  }
}

function exitOf({
  exitCode,
  signal,
}: NonNullable<SupervisorSnapshot['lastExit']>): NonNullable<AgentStatus['lastExit']> {
  return { ...(exitCode !== null && { exitCode }), ...(signal !== null && { signal }) };
}
