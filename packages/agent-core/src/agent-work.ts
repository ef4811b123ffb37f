import type { AgentEvent, DialogAnswer } from '@sessiond/protocol';
import type { AgentLife } from './agent-life.ts';
import type { AgentOwner, DialogQuestion, PromptOutcome } from './backend.ts';
import type { Clock } from './clock.ts';
import { AgentAbortedError, AgentFailedError, AgentStateError, type ProviderFailure } from './errors.ts';
import { FirstTokenDeadline } from './first-token-deadline.ts';
import { settledWithin } from './settled-within.ts';
import { withEither } from './with-either.ts';

/** What an {@link AgentWork} needs. */
export interface AgentWorkOptions {
  readonly clock: Clock;
  readonly life: AgentLife;
  readonly owner: Pick<AgentOwner, 'ask'>;
  /** How long what a caller gave up on may take to stop, before its process is ended. */
  readonly abortMs: number;
  /** How long a model may be silent after it was asked; `undefined`: for ever. */
  readonly firstTokenMs: number | undefined;
  /** Which model of which provider is asked. */
  readonly asked: () => Pick<ProviderFailure, 'provider' | 'model'>;
  /** Drops what is queued, and tells the agent to stop; questions and tools are ended right after. Once for each work that is ended. */
  readonly tellToStop: () => void;
  /** Ends the process, since the agent does not stop. Resolves when it is gone. */
  readonly endProcess: () => Promise<void>;
}

interface Running {
  readonly kind: string;
  readonly startedAt: number;
  firstTokenMs: number | undefined;
  /** Somebody, or something, has ended it before its end. */
  stopped: boolean;
  /** The model was silent for too long: why it was stopped. */
  silence: AgentFailedError | undefined;
  /** Resolves when it is over and told to be. */
  readonly over: Promise<void>;
}

/**
 * The one thing an agent does at a time, and how it ends before its end: the part of a backend that is the same for all kinds.
 *
 * An end always goes the same way: what is queued is dropped and the agent told to stop, {@link signal} is aborted, so that questions are taken back and the commands of
 * tools ended; what has not stopped within the time is ended with its process. Whoever calls, whoever aborts a signal, and a model that is silent for too long (see
 * {@link FirstTokenDeadline}) go that way. The phase follows: `running` while something is done, and what a lost process takes along has no end of its own.
 *
 * An agent hands it each of its events by {@link observe}, before or after the owner. Holds nothing of what is over.
 */
export class AgentWork {
  readonly #options: AgentWorkOptions;
  readonly #firstToken: FirstTokenDeadline;
  #running: Running | undefined;
  #stop = new AbortController();
  #asking = 0;
  #closed = false;
  #lastError: string | undefined;

  constructor(options: AgentWorkOptions) {
    this.#options = options;
    const { clock, firstTokenMs, abortMs } = options;
    this.#firstToken = new FirstTokenDeadline({
      clock,
      limitMs: firstTokenMs,
      onLate: () => {
        const running = this.#running;
        if (running?.kind !== 'prompt' || running.stopped) return;
        running.silence = this.#silence();
        void this.abort(abortMs);
      },
    });
  }

  /** What it does, such as `prompt`; `undefined`: nothing. */
  get kind(): string | undefined {
    return this.#running?.kind;
  }

  /** Aborted with what is done now: whoever asks a person or runs a command for it listens. A new one follows. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Whether a person is asked. */
  get isAsking(): boolean {
    return this.#asking > 0;
  }

  /** Why it last failed; `undefined` again once something has worked. */
  get lastError(): string | undefined {
    return this.#lastError;
  }

  /** Takes each event of the agent. */
  observe(event: AgentEvent): void {
    const running = this.#running;
    if (running?.kind !== 'prompt') return;
    if (event.type === 'message_update') running.firstTokenMs ??= this.#options.clock.now() - running.startedAt;
    this.#firstToken.observe(event);
  }

  /** Asks a person for the agent; the question is taken back with the signal, and with what is done. Never rejects. */
  async ask(question: DialogQuestion, signal: AbortSignal): Promise<DialogAnswer> {
    const goOn = this.#firstToken.pause();
    this.#asking += 1;
    try {
      return await withEither(signal, this.signal, (either) => this.#options.owner.ask(question, either));
    } finally {
      this.#asking -= 1;
      goOn();
    }
  }

  /**
   * Carries out a prompt, while nothing else is done: aborting the signal, or {@link abort}, ends it.
   * @returns what `work` does, with the time of its first token; `aborted` also when the agent answered to that with a failure, or lost its process to it.
   * @throws what `work` does; the signal's reason once it is over; AgentFailedError with a failure of the provider when that was silent for too long.
   */
  prompt(signal: AbortSignal, work: (stop: AbortSignal) => Promise<PromptOutcome>): Promise<PromptOutcome> {
    return this.#run('prompt', signal, async (stop, running) => {
      const outcome = await work(stop).catch((error: unknown): PromptOutcome => {
        if (!running.stopped) throw error;
        return { stopReason: 'aborted', text: '' };
      });
      const { firstTokenMs, silence } = running;
      if (silence !== undefined && outcome.stopReason === 'aborted') throw silence;
      return { ...outcome, ...(firstTokenMs !== undefined && { firstTokenMs }) };
    });
  }

  /**
   * Does something else that takes its time, such as `compact`, in the same way.
   * @throws what `work` does; AgentAbortedError in place of that when it was ended; the signal's reason once it is over.
   */
  run<T>(kind: string, signal: AbortSignal, work: (stop: AbortSignal) => Promise<T>): Promise<T> {
    return this.#run(kind, signal, (stop, running) =>
      work(stop).catch((error: unknown) => {
        if (!running.stopped || error instanceof AgentAbortedError) throw error;
        throw new AgentAbortedError(`Cannot carry out ${kind}: it was aborted`, { cause: error });
      }),
    );
  }

  /** Ends what is done, within the time or with the process. Resolves when it is over. @returns whether there was anything. */
  async abort(deadlineMs: number): Promise<boolean> {
    const running = this.#running;
    if (running === undefined) return false;
    this.interrupt();
    await settledWithin(this.#options.clock, deadlineMs, running.over);
    if (this.#running === running) await this.#options.endProcess();
    await running.over;
    return true;
  }

  /** Begins to end what is done, and takes back what is asked; waits for nothing. */
  interrupt(): void {
    const running = this.#running;
    if (running !== undefined && !running.stopped) {
      running.stopped = true;
      this.#firstToken.stop();
      // Told first, so that the agent knows why a command or a question of its own fails.
      this.#options.tellToStop();
    }
    const stop = this.#stop;
    this.#stop = new AbortController();
    stop.abort(new AgentFailedError('Cannot go on: the turn was aborted'));
  }

  /** Does nothing more: what is asked of it from now on is refused. What is done is left to end. */
  close(): void {
    this.#closed = true;
  }

  /** Notes why the agent failed beside its work. */
  failed(message: string): void {
    this.#lastError = message;
  }

  /** @throws AgentStateError when it is over, and the signal's reason. */
  checkOpen(attempt: string, signal?: AbortSignal): void {
    signal?.throwIfAborted();
    if (this.#closed || this.#options.life.phase === 'stopped') {
      throw new AgentStateError(`Cannot ${attempt}: the agent is stopped`);
    }
  }

  /** @throws AgentStateError when it is over or started again, and the signal's reason. */
  checkUp(attempt: string, signal?: AbortSignal): void {
    this.checkOpen(attempt, signal);
    if (this.#options.life.phase === 'restarting') {
      throw new AgentStateError(`Cannot ${attempt}: the agent is started again`);
    }
  }

  /** @throws AgentStateError when it works, is over or started again, and the signal's reason. */
  checkReady(attempt: string, signal?: AbortSignal): void {
    this.checkUp(attempt, signal);
    if (this.#running !== undefined) throw new AgentStateError(`Cannot ${attempt}: the agent works`);
  }

  /** @throws AgentStateError unless it works on a prompt, and the signal's reason. */
  checkWorking(attempt: string, signal?: AbortSignal): void {
    this.checkUp(attempt, signal);
    if (this.kind !== 'prompt') throw new AgentStateError(`Cannot ${attempt}: the agent works on no prompt`);
  }

  async #run<T>(
    kind: string,
    signal: AbortSignal,
    work: (stop: AbortSignal, running: Running) => Promise<T>,
  ): Promise<T> {
    const { clock, life, abortMs } = this.#options;
    let isOver = () => {};
    const over = new Promise<void>((resolve) => {
      isOver = resolve;
    });
    const running: Running = {
      kind,
      startedAt: clock.now(),
      firstTokenMs: undefined,
      stopped: false,
      silence: undefined,
      over,
    };
    const giveUp = () => void this.abort(abortMs);
    this.#running = running;
    life.apply('work-began', kind);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      const result = await work(this.signal, running);
      signal.throwIfAborted();
      this.#lastError = undefined;
      return result;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof AgentFailedError) this.#lastError = error.message;
      throw error;
    } finally {
      signal.removeEventListener('abort', giveUp);
      this.#firstToken.stop();
      this.#running = undefined;
      life.apply('work-ended');
      isOver();
    }
  }

  #silence(): AgentFailedError {
    const { asked, firstTokenMs } = this.#options;
    const { provider, model } = asked();
    return new AgentFailedError(`Cannot get an answer: provider ${provider} said nothing within ${firstTokenMs} ms`, {
      provider: { provider, ...(model !== undefined && { model }), kind: 'silence' },
    });
  }
}
