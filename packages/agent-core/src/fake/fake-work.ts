import type { AgentLife } from '../agent-life.ts';
import type { Clock } from '../clock.ts';
import { AgentStateError } from '../errors.ts';
import { settledWithin } from '../settled-within.ts';

/** What an agent does: it answers a prompt, or sums up its conversation. */
export type FakeWorkKind = 'prompt' | 'compact';

/** What {@link FakeWork} needs. */
export interface FakeWorkParts {
  readonly life: AgentLife;
  readonly clock: Clock;
  /** How long what a caller gave up on may take to stop. */
  readonly abortMs: number;
  /** Ends the process. */
  readonly end: () => void;
}

interface Running {
  readonly kind: FakeWorkKind;
  readonly controller: AbortController;
  /** Resolves when it is over and told to be. */
  readonly over: Promise<void>;
}

/** The one thing an agent does at a time, and how it is ended: it is told to stop, and its process is ended if it does not. */
export class FakeWork {
  readonly #parts: FakeWorkParts;
  #running: Running | undefined;

  constructor(parts: FakeWorkParts) {
    this.#parts = parts;
  }

  /** What it does now. */
  get kind(): FakeWorkKind | undefined {
    return this.#running?.kind;
  }

  /** Does something while nothing else is done; aborting the signal aborts it. @throws the reason of the signal once it is over. */
  async run<T>(
    kind: FakeWorkKind,
    gone: AbortSignal,
    signal: AbortSignal,
    work: (aborted: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const controller = new AbortController();
    let isOver = () => {};
    const over = new Promise<void>((resolve) => {
      isOver = resolve;
    });
    const running = { kind, controller, over };
    const giveUp = () => void this.abort(this.#parts.abortMs);
    this.#running = running;
    this.#parts.life.apply('work-began', kind);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      const result = await work(controller.signal);
      signal.throwIfAborted();
      return result;
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener('abort', giveUp);
      this.#running = undefined;
      // A process that has ended takes the phase along, and tells so itself.
      if (!gone.aborted) this.#parts.life.apply('work-ended');
      isOver();
    }
  }

  /** Ends what is done, within the time or with the process. Resolves when it is over. @returns whether there was anything. */
  async abort(deadlineMs: number): Promise<boolean> {
    const running = this.#running;
    if (running === undefined) return false;
    running.controller.abort(new AgentStateError('Cannot go on: it was aborted'));
    await settledWithin(this.#parts.clock, deadlineMs, running.over);
    if (this.#running === running) this.#parts.end();
    await running.over;
    return true;
  }
}
