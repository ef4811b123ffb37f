import { isSessionKey } from './journal-keys.ts';
import type { Changes } from './journal-store.ts';

/**
 * What is to be put on record once the journal can be written to again: what became of commands whose outcome was not taken, and the latest of each session.
 *
 * Bounded by the commands that were in flight at the failure, for nothing is let in after it, and by the sessions there are.
 */
export class Debts {
  readonly #changes = new Map<string, string | null>();

  /** Owes these changes; a later one under the same key takes the place of an earlier one. */
  owe(changes: Changes): void {
    for (const [key, value] of changes) this.#changes.set(key, value);
  }

  /** Of the changes of a batch that failed, owes those that say how a session is. */
  oweSessions(lost: Changes): void {
    for (const [key, value] of lost) if (isSessionKey(key)) this.#changes.set(key, value);
  }

  /** All of them, as they are now. */
  changes(): Map<string, string | null> {
    return new Map(this.#changes);
  }

  /** Forgets those that are written, unless there is a newer one under the key. */
  paid(written: Changes): void {
    for (const [key, value] of written) if (this.#changes.get(key) === value) this.#changes.delete(key);
  }
}
