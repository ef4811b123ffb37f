import type { Logger } from './logger.ts';

/** What a defect can be confined to. */
export type OwnerKind = 'connection' | 'terminal' | 'request' | 'session';

/** Every kind there is. */
export const OWNER_KINDS: readonly OwnerKind[] = Object.freeze(['connection', 'terminal', 'request', 'session']);

/** Something that answers for its own failures: one client, one raw terminal, one HTTP request, one session. */
export interface Owner {
  readonly kind: OwnerKind;
  /** What names it in the log; nothing that a client has sent but ids. */
  readonly facts: Readonly<Record<string, string | undefined>>;
  /** Ends it, so that nobody goes on with half of it. Called for every failure, so that it may come twice. */
  end(): void;
}

/** Makes a callback that comes from outside harmless to everybody but its owner. */
export type Guard = <A extends unknown[]>(callback: (...args: A) => unknown) => (...args: A) => void;

/**
 * Where unexpected exceptions end: each ends its owner and nothing else, is counted and logged.
 *
 * Whatever calls into this program from outside, sockets, timers, terminals and requests, calls a callback that was guarded for its owner. What
 * is thrown elsewhere belongs to nobody, may have left anything behind, and ends the daemon.
 */
export class Containment {
  readonly #logger: Logger;
  readonly #failures: Record<OwnerKind, number> = { connection: 0, terminal: 0, request: 0, session: 0 };

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Failures so far, by the kind of their owner. */
  get failures(): Readonly<Record<OwnerKind, number>> {
    return this.#failures;
  }

  /** A guard for callbacks of this owner; a promise that such a callback returns may reject, too. Costs some nanoseconds per call. */
  guard(owner: Owner): Guard {
    return (callback) =>
      (...args) =>
        this.run(owner, () => callback(...args));
  }

  /** Does something on behalf of an owner, at once. */
  run(owner: Owner, work: () => unknown): void {
    try {
      const result = work();
      if (result instanceof Promise) result.catch((error: unknown) => this.failed(owner, error));
    } catch (error) {
      this.failed(owner, error);
    }
  }

  /** Takes note of a failure that was caught elsewhere, and ends its owner. Never throws. */
  failed(owner: Owner, error: unknown): void {
    const { kind, facts } = owner;
    this.#failures[kind] += 1;
    this.#logger.error({ event: 'contained', owner: kind, ...facts, err: error }, `an unexpected error ends a ${kind}`);
    try {
      owner.end();
    } catch (cause) {
      this.#logger.error({ event: 'contained', owner: kind, ...facts, err: cause }, `ending a ${kind} failed, too`);
    }
  }
}
