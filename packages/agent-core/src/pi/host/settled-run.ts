import type { PiEvent, PiSession } from './pi-api.ts';

/** How long pi may take to go on after it has said that it will. */
const RESUME_MS = 5_000;
/** How often is looked when no event tells. */
const LOOK_MS = 50;

/**
 * Knows when pi is really done. In 0.74 `prompt()` resolves before a compaction at its end and the run that follows that; from 0.80 on it waits for both. One at a
 * time waits.
 */
export class SettledRun {
  /** Until when a run is expected that was announced. */
  #announcedUntil = 0;
  #wake: () => void = () => {};

  /** Takes each event of the session. */
  observe(event: PiEvent): void {
    if (event.type === 'agent_start') this.#announcedUntil = 0;
    if (event.type === 'compaction_end') {
      this.#announcedUntil = event.willRetry === true && event.aborted !== true ? performance.now() + RESUME_MS : 0;
    }
    this.#wake();
  }

  /** Expects nothing more of a session that is aborted. */
  giveUp(): void {
    this.#announcedUntil = 0;
    this.#wake();
  }

  /** Resolves when the session rests. */
  async wait(session: () => PiSession): Promise<void> {
    // What is under way when `prompt()` resolves, such as the handling of its last event, is done in this turn of the event loop.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#works(session())) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_MS);
        this.#wake = () => {
          clearTimeout(timer);
          setImmediate(resolve);
        };
      });
    }
  }

  #works({ isStreaming, isCompacting, isRetrying }: PiSession): boolean {
    return isStreaming || isCompacting || isRetrying || performance.now() < this.#announcedUntil;
  }
}
