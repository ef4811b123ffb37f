import type { Logger } from './logger.ts';

/** Lets go of something; may take its time. */
export type Release = () => unknown;

/**
 * What was opened one after the other and has to be let go of in the opposite order, because what was opened later may use what was opened before.
 *
 * Something that cannot be let go of is logged and keeps nothing else open. Holds as much as was pushed.
 */
export class ReleaseStack {
  readonly #logger: Logger;
  readonly #releases: Release[] = [];
  #released: Promise<void> | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Adds what was opened last. What comes after {@link releaseAll} has begun is let go of by nobody. */
  push(release: Release): void {
    this.#releases.push(release);
  }

  /** Lets go of everything, the last first, each when the one before is done. Idempotent, never rejects. */
  releaseAll(): Promise<void> {
    this.#released ??= this.#releaseAll();
    return this.#released;
  }

  async #releaseAll(): Promise<void> {
    for (const release of this.#releases.reverse()) {
      try {
        await release();
      } catch (error) {
        this.#logger.error({ err: error }, 'a part of the daemon cannot be closed');
      }
    }
  }
}
