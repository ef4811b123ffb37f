import type { AgentCommand, AgentCommandType, AgentEvent } from '@sessiond/protocol';
import { AgentLife } from '../agent-life.ts';
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
import { AgentUnsupportedError } from '../errors.ts';
import { Supervisor, type SupervisorOptions, type SupervisorSnapshot } from '../supervisor.ts';
import { withEither } from '../with-either.ts';
import type { ConversationFiles } from './conversation-files.ts';
import { type FakeCommands, fakeMoves, fakeQuestions, fakeSettings } from './fake-commands.ts';
import { compaction } from './fake-compaction.ts';
import { FakeProcess } from './fake-process.ts';
import { FakeState } from './fake-state.ts';
import { FakeTurn } from './fake-turn.ts';
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
  readonly firstTokenMs: number | undefined;
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
  readonly #work: AgentWork;
  readonly #moves: FakeCommands;
  readonly #commands: FakeCommands;
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
      onRestarting: (restarting) => {
        this.#queue.clear();
        this.#life.processEnded(restarting);
      },
      onRestarted: (_, attempt) => this.#life.restarted(attempt, true),
      onGivenUp: (error, exit) => {
        this.#life.noteExit(exit);
        this.#work.failed(error.message);
        this.#stop('failed', error.message);
      },
    });
    this.#work = new AgentWork({
      clock: parts.clock,
      life: this.#life,
      owner: parts.owner,
      abortMs: parts.abortMs,
      firstTokenMs: parts.firstTokenMs,
      asked: () => ({ provider: state.model.provider, model: state.model.id }),
      tellToStop: () => this.#queue.clear(),
      endProcess: () => this.#endProcess(),
    });
    this.#moves = fakeMoves(state);
    this.#commands = {
      ...fakeQuestions(state),
      ...fakeSettings(state),
      ...this.#moves,
      set_steering_mode: ({ mode }) => {
        this.#queue.steeringMode = mode;
        return { mode };
      },
      set_follow_up_mode: ({ mode }) => {
        this.#queue.followUpMode = mode;
        return { mode };
      },
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
    let observe: (event: AgentEvent) => void = () => {};
    const emit = (event: AgentEvent) => {
      observe(event);
      owner.onEvent(event);
    };
    const timestamp = () => new Date(wallNow()).toISOString();
    const state = await FakeState.open({ request, files, emit, timestamp });
    const agent = new FakeAgent(parts, state, emit);
    observe = (event) => agent.#work.observe(event);
    await agent.#supervisor.begin(signal);
    agent.#life.apply('started');
    return agent;
  }

  get status(): AgentStatus {
    const { conversation, sessionPath, model, thinkingLevel, autoCompactionEnabled } = this.#state;
    const { phase, transitions, lastExit } = this.#life;
    const { kind, lastError } = this.#work;
    return {
      phase,
      transitions,
      model,
      thinkingLevel,
      agentSessionId: conversation.origin.id,
      restarts: this.supervision.restarts,
      isStreaming: kind === 'prompt',
      isCompacting: kind === 'compact',
      autoCompactionEnabled,
      messageCount: conversation.branch().length,
      steeringMode: this.#queue.steeringMode,
      followUpMode: this.#queue.followUpMode,
      steering: this.#queue.steering,
      followUp: this.#queue.followUp,
      ...(conversation.name !== undefined && { name: conversation.name }),
      ...(sessionPath !== undefined && { sessionFile: sessionPath }),
      ...(lastError !== undefined && { lastError }),
      ...(lastExit !== undefined && { lastExit }),
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
    this.#work.checkReady('prompt agent', signal);
    const { request, owner, clock } = this.#parts;
    const { conversation, timestamp, emit } = this.#state;
    const process = this.#supervisor.process!;
    return this.#work.prompt(signal, (aborted) =>
      withEither(aborted, process.gone, (stop) => {
        const turn = new FakeTurn({
          request,
          owner,
          ask: (question) => this.#work.ask(question, stop),
          emit,
          conversation,
          queue: this.#queue,
          model: () => this.#state.model,
          clock,
          timestamp,
          crash: () => process.crash(),
          stop,
          aborted,
          gone: process.gone,
        });
        return turn.run(message);
      }),
    );
  }

  async steer(message: UserMessage, signal: AbortSignal): Promise<void> {
    this.#work.checkWorking('steer agent', signal);
    this.#queue.steer(message);
  }

  async followUp(message: UserMessage, signal: AbortSignal): Promise<void> {
    this.#work.checkWorking('queue message', signal);
    this.#queue.queueFollowUp(message);
  }

  abort(deadlineMs: number): Promise<boolean> {
    return this.#work.abort(deadlineMs);
  }

  async perform<T extends PerformedType>(command: AgentCommand<T>, signal: AbortSignal): Promise<Performed<T>> {
    const type = command.type as T;
    const carryOut = this.#commands[type];
    if (carryOut === undefined)
      throw new AgentUnsupportedError(`Cannot carry out ${type}: the fake agent does not know it`);
    this.#work.checkOpen(`carry out ${type}`, signal);
    if (Object.hasOwn(this.#moves, type)) this.#work.checkReady(`carry out ${type}`, signal);
    const performed = await carryOut(command, signal);
    signal.throwIfAborted();
    return performed;
  }

  async rename(name: string, signal: AbortSignal): Promise<void> {
    this.#work.checkOpen('rename conversation', signal);
    this.#state.conversation.rename(name);
  }

  async recordBash({ command, output, exitCode }: RecordedBash, signal: AbortSignal): Promise<void> {
    this.#work.checkOpen('record command', signal);
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
    this.#work.close();
    const process = this.#supervisor.stop();
    await this.#work.abort(deadlineMs);
    process?.kill();
    this.#stop('closed');
  }

  #stop(reason: 'closed' | 'failed', errorMessage?: string): void {
    if (this.#life.stop(reason, errorMessage)) this.#parts.onOver();
  }

  /** Ends the process with what does not stop by itself. */
  async #endProcess(): Promise<void> {
    this.#supervisor.expectEnd();
    this.#supervisor.process?.kill();
  }

  #compact({ customInstructions }: AgentCommand<'compact'>, signal: AbortSignal): Promise<Performed<'compact'>> {
    this.#work.checkReady('compact conversation', signal);
    const { gone } = this.#supervisor.process!;
    const { clock } = this.#parts;
    return this.#work.run('compact', signal, (aborted) =>
      withEither(aborted, gone, (stop) =>
        compaction({ state: this.#state, customInstructions, clock, stop, aborted, gone }),
      ),
    );
  }
}
