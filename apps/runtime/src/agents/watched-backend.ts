import {
  type Agent,
  type AgentBackend,
  type AgentFailedError,
  type AgentOwner,
  type BackendSnapshot,
  isAgentError,
  type OpenAgent,
  type Performed,
  type PerformedType,
  type PromptOutcome,
  type StoredQuery,
  type UserMessage,
} from '@sessiond/agent-core';
import type { AgentCommand, AgentCommandType, AgentEvent, StoredSession } from '@sessiond/protocol';
import type { Logger } from '../logger.ts';
import type { AgentObserver, PromptEnding } from './agent-observer.ts';

/** Who watches the agents of a backend. */
export interface AgentWatch {
  readonly observer: AgentObserver;
  readonly logger: Pick<Logger, 'warn' | 'error'>;
  /**
   * The first piece of the answer to a prompt came, so long after the model was asked for it the last time, or a person had answered: not of the model are the
   * time that a person takes, and a wait before a request that has failed is made again.
   */
  readonly onFirstToken: (sessionId: string, elapsedMs: number) => void;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** A kind of agent whose prompts are timed and counted, whatever it is. Adds nothing else and changes nothing. */
export class WatchedBackend implements AgentBackend {
  readonly name: string;
  readonly #inner: AgentBackend;
  readonly #watch: AgentWatch;

  constructor(inner: AgentBackend, watch: AgentWatch) {
    this.name = inner.name;
    this.#inner = inner;
    this.#watch = watch;
  }

  async open(request: OpenAgent, owner: AgentOwner, signal: AbortSignal): Promise<Agent> {
    const { observer } = this.#watch;
    const { sessionId } = request;
    let watched: WatchedAgent | undefined;
    const watchedOwner: AgentOwner = {
      onEvent: (event) => {
        if (event.type === 'message_update') watched?.answered();
        else if (event.type === 'turn_start') watched?.asked();
        else this.#log(sessionId, event);
        owner.onEvent(event);
      },
      onStatusChanged: () => owner.onStatusChanged(),
      ask: async (question, asked) => {
        const answer = await owner.ask(question, asked);
        watched?.asked();
        return answer;
      },
      ...(owner.runShell !== undefined && { runShell: owner.runShell.bind(owner) }),
    };
    try {
      const inner = await this.#inner.open(request, watchedOwner, signal);
      watched = new WatchedAgent(inner, { backend: this.name, sessionId, watch: this.#watch });
      observer.opened(this.name, 'opened');
      return watched;
    } catch (error) {
      if (!signal.aborted) {
        const isUnavailable = isAgentError(error) && error.code === 'agent-unavailable';
        observer.opened(this.name, isUnavailable ? 'unavailable' : 'failed');
      }
      throw error;
    }
  }

  stored(query: StoredQuery, signal: AbortSignal): Promise<readonly StoredSession[]> {
    return this.#inner.stored(query, signal);
  }

  snapshot(): BackendSnapshot {
    return this.#inner.snapshot();
  }

  close(deadlineMs: number): Promise<void> {
    return this.#inner.close(deadlineMs);
  }

  killAll(): void {
    this.#inner.killAll();
  }

  #log(sessionId: string, event: AgentEvent): void {
    const facts = { event: 'agent', backend: this.name, sessionId };
    if (event.type === 'agent_restarting') {
      const { attempt, exitCode, signal, interrupted } = event;
      const how = { ...facts, attempt, exitCode, signal, interrupted };
      this.#watch.logger.warn(how, 'the process of an agent ended, and is started again');
    } else if (event.type === 'agent_stopped' && event.errorMessage !== undefined) {
      this.#watch.logger.error({ ...facts, reason: event.reason }, 'an agent cannot be kept running');
    }
  }
}

interface WatchedAgentParts {
  readonly backend: string;
  readonly sessionId: string;
  readonly watch: AgentWatch;
}

class WatchedAgent implements Agent {
  readonly #inner: Agent;
  readonly #parts: WatchedAgentParts;
  /** When the prompt began whose answer has not; `undefined` when nobody waits for one. */
  #promptedMs: number | undefined;
  /** Since when its model is waited for. */
  #askedMs = 0;

  constructor(inner: Agent, parts: WatchedAgentParts) {
    this.#inner = inner;
    this.#parts = parts;
  }

  get status(): Agent['status'] {
    return this.#inner.status;
  }

  /** The model is waited for from now on. */
  asked(): void {
    this.#askedMs = this.#parts.watch.now();
  }

  answered(): void {
    if (this.#promptedMs === undefined) return;
    const { watch, backend, sessionId } = this.#parts;
    const now = watch.now();
    watch.observer.firstToken(backend, now - this.#promptedMs);
    watch.onFirstToken(sessionId, now - this.#askedMs);
    this.#promptedMs = undefined;
  }

  supports(type: AgentCommandType): boolean {
    return this.#inner.supports(type);
  }

  async prompt(message: UserMessage, signal: AbortSignal): Promise<PromptOutcome> {
    const { watch, backend } = this.#parts;
    const { observer } = watch;
    const startedMs = watch.now();
    this.#promptedMs = startedMs;
    this.#askedMs = startedMs;
    const ended = (ending: PromptEnding): void => {
      this.#promptedMs = undefined;
      observer.promptEnded(backend, ending, watch.now() - startedMs);
    };
    try {
      const outcome = await this.#inner.prompt(message, signal);
      ended(outcome.stopReason === 'aborted' ? 'aborted' : 'done');
      return outcome;
    } catch (error) {
      const failure = isAgentFailed(error) ? error : undefined;
      if (failure?.provider !== undefined) observer.providerFailed(failure.provider.kind);
      ended(signal.aborted ? 'aborted' : endingOf(failure));
      throw error;
    }
  }

  steer(message: UserMessage, signal: AbortSignal): Promise<void> {
    return this.#inner.steer(message, signal);
  }

  followUp(message: UserMessage, signal: AbortSignal): Promise<void> {
    return this.#inner.followUp(message, signal);
  }

  abort(deadlineMs: number): Promise<boolean> {
    return this.#inner.abort(deadlineMs);
  }

  perform<T extends PerformedType>(command: AgentCommand<T>, signal: AbortSignal): Promise<Performed<T>> {
    return this.#inner.perform(command, signal);
  }

  rename(name: string, signal: AbortSignal): Promise<void> {
    return this.#inner.rename(name, signal);
  }

  recordBash(run: Parameters<Agent['recordBash']>[0], signal: AbortSignal): Promise<void> {
    return this.#inner.recordBash(run, signal);
  }

  close(deadlineMs: number): Promise<void> {
    return this.#inner.close(deadlineMs);
  }
}

function isAgentFailed(error: unknown): error is AgentFailedError {
  return isAgentError(error) && error.code === 'agent-failed';
}

function endingOf(failure: AgentFailedError | undefined): PromptEnding {
  if (failure?.provider !== undefined) return 'provider-failed';
  return failure?.interrupted ? 'interrupted' : 'failed';
}
