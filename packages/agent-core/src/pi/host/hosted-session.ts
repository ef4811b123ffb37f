import type { AgentEvent } from '@sessiond/protocol';
import type { PromptOutcome, RecordedBash, UserMessage } from '../../backend.ts';
import { AgentInputError, AgentStateError } from '../../errors.ts';
import type { HostedStatus, HostOpen } from '../channel/host-vocabulary.ts';
import { mustBeConversation } from '../conversation-header.ts';
import { bashOperations } from './bash-operations.ts';
import { dialogContext } from './dialog-context.ts';
import { keepFromFirstPrompt } from './durable-conversation.ts';
import { errorWords } from './error-words.ts';
import { EventOutbox } from './event-outbox.ts';
import { EventTranslator } from './event-translator.ts';
import { openRuntime, type RuntimeContext } from './open-runtime.ts';
import type { OwnerPeer } from './owner-peer.ts';
import { generationOf, type PiEvent, type PiMessage, type PiRuntime, type PiSession } from './pi-api.ts';
import type { ProviderWatch } from './provider-watch.ts';
import { SettledRun } from './settled-run.ts';
import type { ShellOutputs } from './shell-outputs.ts';
import { toModel } from './to-message.ts';
import { Turn } from './turn.ts';

/** What all sessions of a process share. */
export interface HostContext extends RuntimeContext {
  readonly peer: OwnerPeer;
  readonly outputs: ShellOutputs;
  readonly watch: ProviderWatch;
}

/** What may wait for an agent that works: messages, and their characters altogether, for the status names them all. */
const MAX_QUEUED = 1_000;
const MAX_QUEUED_CHARACTERS = 8 * 1024 * 1024;

/** A message that was queued, so that its pictures are not lost when pi ends before it takes it up: as many as pi has queued. */
type Queued = UserMessage;

/**
 * One session of pi in this process.
 *
 * Its listener never throws: a listener of pi that does switches off that pi keeps the conversation, or leaves `prompt()` waiting for ever.
 */
export class HostedSession {
  readonly #context: HostContext;
  readonly #outbox: EventOutbox;
  readonly #translator = new EventTranslator();
  readonly #settled = new SettledRun();
  #runtime: PiRuntime | undefined;
  #unsubscribe: () => void = () => {};
  #turn: Turn | undefined;
  #turnDone: Promise<unknown> = Promise.resolve();
  #queued: Queued[] = [];
  #model: string | undefined;

  private constructor(context: HostContext, session: string) {
    this.#context = context;
    this.#outbox = new EventOutbox(session, context.peer, () => this.status);
  }

  /** Opens a conversation. @throws AgentInputError, AgentStateError, and what pi throws. */
  static async open(context: HostContext, open: HostOpen): Promise<HostedSession> {
    const hosted = new HostedSession(context, open.session);
    const bash = bashOperations(open.session, context.peer, context.outputs);
    const runtime = await openRuntime(context, open, bash);
    hosted.#runtime = runtime;
    runtime.setRebindSession(() => hosted.#bind(open.session));
    try {
      await hosted.#bind(open.session);
      const { session } = runtime;
      if (open.name !== undefined && session.sessionName !== open.name) session.setSessionName(open.name);
      return hosted;
    } catch (error) {
      await hosted.close();
      throw error;
    }
  }

  /** The session of pi, which is another one after the conversation was exchanged. */
  get session(): PiSession {
    return this.runtime.session;
  }

  get runtime(): PiRuntime {
    if (this.#runtime === undefined) throw new AgentStateError('Cannot use session: it is not open');
    return this.#runtime;
  }

  /** Whether a prompt is being worked on. */
  get works(): boolean {
    return this.#turn !== undefined;
  }

  get status(): HostedStatus {
    const { session } = this;
    const { sessionName, model, sessionFile } = session;
    return {
      ...(sessionName === undefined ? {} : { name: sessionName }),
      ...(model === undefined ? {} : { model: toModel(model) }),
      thinkingLevel: session.thinkingLevel,
      ...(sessionFile === undefined ? {} : { sessionFile }),
      agentSessionId: session.sessionId,
      isStreaming: session.isStreaming,
      isCompacting: session.isCompacting,
      autoCompactionEnabled: session.autoCompactionEnabled,
      autoRetryEnabled: session.autoRetryEnabled,
      messageCount: session.messages.length,
      steeringMode: session.steeringMode,
      followUpMode: session.followUpMode,
      steering: [...session.getSteeringMessages()],
      followUp: [...session.getFollowUpMessages()],
    };
  }

  /** Works on a prompt until nothing of it is left. @throws AgentStateError while it works on another, AgentFailedError. */
  async prompt(message: UserMessage, signal: AbortSignal): Promise<PromptOutcome> {
    if (this.#turn !== undefined) throw new AgentStateError('Cannot prompt: the agent works on another prompt');
    const turn = new Turn();
    this.#turn = turn;
    const onAbort = () => void this.abort();
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) turn.abort();
    const work = this.#context.watch.run(async (failure) => {
      keepFromFirstPrompt(this.session.sessionManager, generationOf(this.#context.pi));
      await this.#say(message, turn, true);
      for (let left = this.#leftOver(turn); left !== undefined; left = this.#leftOver(turn))
        await this.#say(left, turn, false);
      return turn.outcome(this.session.model, failure);
    });
    this.#turnDone = work.catch(() => {});
    try {
      return await work;
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#turn = undefined;
      this.#queued = [];
      this.flush();
    }
  }

  /** Queues something for before the next step. @throws AgentStateError when nothing runs or too much waits, AgentInputError for what cannot be queued. */
  async steer(message: UserMessage): Promise<void> {
    this.#mustWork('steer');
    await this.#queue(message, () => this.session.steer(message.message, message.images));
  }

  /** Queues something for the end of the turn. @throws AgentStateError when nothing runs or too much waits, AgentInputError for what cannot be queued. */
  async followUp(message: UserMessage): Promise<void> {
    this.#mustWork('follow up');
    await this.#queue(message, () => this.session.followUp(message.message, message.images));
  }

  /** Ends everything it works on; waits until it is over, however long that takes. @returns whether there was something. */
  async abort(): Promise<boolean> {
    const { session } = this;
    const worked = this.works || session.isStreaming || session.isCompacting || session.isRetrying;
    // What begins while this one is waited for is not to be ended, and may take long.
    const turnDone = this.#turnDone;
    // What is queued first, or pi would take it up; then dialogs, which it would wait for.
    session.clearQueue();
    this.#queued = [];
    this.#turn?.abort();
    this.#settled.giveUp();
    session.abortRetry();
    session.abortCompaction();
    session.abortBranchSummary();
    session.abortBash();
    await session.abort();
    await turnDone;
    this.flush();
    return worked;
  }

  rename(name: string): void {
    this.session.setSessionName(name);
    this.flush();
  }

  recordBash({ command, output, exitCode, truncated }: RecordedBash): void {
    this.session.recordBashResult(command, {
      output,
      exitCode: exitCode ?? undefined,
      cancelled: exitCode === null,
      truncated,
    });
    this.flush();
  }

  /** Tells what has changed, before an answer that comes of it. */
  flush(): void {
    this.#tellModel();
    this.#outbox.flush();
  }

  /** Ends it, with what it works on; 0.74 would leave that going. */
  async close(): Promise<void> {
    await this.abort();
    this.#unsubscribe();
    await this.runtime.dispose();
  }

  async #say(message: UserMessage, turn: Turn, expand: boolean): Promise<void> {
    if (turn.aborted) return;
    const options = { source: 'rpc', expandPromptTemplates: expand, preflightResult: () => {} };
    await this.session.prompt(
      message.message,
      message.images === undefined ? options : { ...options, images: message.images },
    );
    await this.#settled.wait(() => this.session);
  }

  /** What was queued in the moment in which pi had looked for the last time. */
  #leftOver(turn: Turn): UserMessage | undefined {
    const { session } = this;
    if (turn.aborted || turn.failed || session.pendingMessageCount === 0) return undefined;
    const texts = [...session.getSteeringMessages(), ...session.getFollowUpMessages()];
    session.clearQueue();
    const images = this.#queued
      .filter(({ message }) => texts.includes(message))
      .flatMap((queued) => queued.images ?? []);
    return texts.length === 0 ? undefined : { message: texts.join('\n\n'), ...(images.length === 0 ? {} : { images }) };
  }

  #mustWork(action: string): void {
    if (!this.works) throw new AgentStateError(`Cannot ${action}: the agent is at rest; it needs a prompt`);
  }

  async #queue(message: UserMessage, queue: () => Promise<void>): Promise<void> {
    const waiting = new Set([...this.session.getSteeringMessages(), ...this.session.getFollowUpMessages()]);
    const characters = [...waiting].reduce((sum, text) => sum + text.length, message.message.length);
    if (this.session.pendingMessageCount >= MAX_QUEUED || characters > MAX_QUEUED_CHARACTERS) {
      throw new AgentStateError(
        `Cannot queue message: at most ${MAX_QUEUED} with ${MAX_QUEUED_CHARACTERS} characters can wait`,
      );
    }
    this.#queued = [...this.#queued.filter(({ message: text }) => waiting.has(text)), message];
    try {
      await queue();
    } catch (error) {
      throw new AgentInputError('message', errorWords(error), {
        cause: error,
      });
    }
    this.flush();
  }

  async #bind(session: string): Promise<void> {
    this.#unsubscribe();
    const { runtime } = this;
    this.#unsubscribe = runtime.session.subscribe((event) => this.#observe(event));
    const { model } = runtime.session;
    this.#model ??= model && `${model.provider}/${model.id}`;
    await runtime.session.bindExtensions({
      mode: 'rpc',
      uiContext: dialogContext({
        session,
        peer: this.#context.peer,
        emit: (event) => this.#outbox.push(event),
        turn: () => this.#turn?.signal ?? NEVER,
      }),
      commandContextActions: {
        waitForIdle: () => this.session.agent.waitForIdle(),
        newSession: (options: unknown) => runtime.newSession(options),
        fork: async (entryId: string, options: unknown) => {
          const { cancelled } = await runtime.fork(entryId, options);
          return { cancelled };
        },
        navigateTree: async (entryId: string, options: object) => {
          const { cancelled } = await this.session.navigateTree(entryId, { ...options });
          return { cancelled };
        },
        switchSession: async (path: string, options: unknown) => {
          await mustBeConversation(path);
          return runtime.switchSession(path, options);
        },
        reload: () => this.session.reload(),
      },
      abortHandler: () => void this.abort(),
      shutdownHandler: () => {},
      onError: (error: { readonly error?: unknown }) =>
        this.#outbox.push({
          type: 'extension_error',
          message: errorWords(error.error),
        }),
    });
    this.#outbox.touch();
  }

  #observe(event: PiEvent): void {
    this.#safely(() => {
      const told = this.#translator.translate(event);
      this.#turn?.observe(event);
      if (told?.type === 'message_end') this.#tellMessageEnd(told, event.message);
      else if (told !== undefined) this.#outbox.push(told);
      else this.#outbox.touch();
      // An abort during the preparations of a run has nothing to abort yet.
      if (event.type === 'agent_start' && this.#turn?.aborted === true) void this.session.abort().catch(() => {});
      this.#settled.observe(event);
    });
  }

  #safely(act: () => void): void {
    try {
      act();
    } catch {
      this.#outbox.push({
        type: 'extension_error',
        message: 'Cannot tell an event of the agent: it is not what was expected',
      });
    }
  }

  /** pi puts the message on record right after its listeners were told: only then it has a name. */
  #tellMessageEnd(told: AgentEvent<'message_end'>, message: PiMessage | undefined): void {
    const { sessionManager } = this.session;
    queueMicrotask(() =>
      this.#safely(() => {
        const leaf = sessionManager.getLeafEntry();
        const named = leaf !== undefined && leaf.message === message;
        this.#outbox.push(named ? { ...told, entryId: leaf.id } : told);
      }),
    );
  }

  #tellModel(): void {
    const { model } = this.session;
    const name = model && `${model.provider}/${model.id}`;
    if (model === undefined || name === this.#model) return;
    this.#model = name;
    this.#outbox.push({ type: 'model_changed', provider: model.provider, modelId: model.id });
  }
}

const NEVER: AbortSignal = new AbortController().signal;
