/**
 * Subscribers of one kind of news.
 *
 * A listener that throws is caught and counted, and harms neither the others nor the sender. Bounded by its users.
 */
export class Listeners<T> {
  readonly #listeners = new Set<(news: T) => void>();
  #errors = 0;

  /** Exceptions caught so far. */
  get errors(): number {
    return this.#errors;
  }

  /** Adds a listener; calling what it returns removes it again. */
  add(listener: (news: T) => void): () => void {
    const own = (news: T) => listener(news);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  /** Tells everybody who subscribed before the call. */
  tell(news: T): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(news);
      } catch {
        this.#errors += 1;
      }
    }
  }
}
