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
  /** The first piece of the answer to a prompt came. */
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
        else this.#log(sessionId, event);
        owner.onEvent(event);
      },
      onStatusChanged: () => owner.onStatusChanged(),
      ask: (question, asked) => owner.ask(question, asked),
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
  #askedMs: number | undefined;

  constructor(inner: Agent, parts: WatchedAgentParts) {
    this.#inner = inner;
    this.#parts = parts;
  }

  get status(): Agent['status'] {
    return this.#inner.status;
  }

  answered(): void {
    if (this.#askedMs === undefined) return;
    const { watch, backend, sessionId } = this.#parts;
    const elapsedMs = watch.now() - this.#askedMs;
    this.#askedMs = undefined;
    watch.observer.firstToken(backend, elapsedMs);
    watch.onFirstToken(sessionId, elapsedMs);
  }

  supports(type: AgentCommandType): boolean {
    return this.#inner.supports(type);
  }

  async prompt(message: UserMessage, signal: AbortSignal): Promise<PromptOutcome> {
    const { watch, backend } = this.#parts;
    const { observer } = watch;
    const startedMs = watch.now();
    this.#askedMs = startedMs;
    const ended = (ending: PromptEnding): void => {
      this.#askedMs = undefined;
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
