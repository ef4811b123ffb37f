/** What can stand in one {@link RunList}. */
export interface Listed<T> {
  next: T | undefined;
  previous: T | undefined;
}

/** What comes and goes quickly, in the order in which it came: a `Set` without garbage, for the reason that `RunTable` tells. O(1); bounded by who fills it. */
export class RunList<T extends Listed<T>> {
  #first: T | undefined;
  #last: T | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds one that is in no list. */
  add(run: T): void {
    run.previous = this.#last;
    if (this.#last === undefined) this.#first = run;
    else this.#last.next = run;
    this.#last = run;
    this.#size += 1;
  }

  /** Removes one that is in this list. */
  delete(run: T): void {
    const { next, previous } = run;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    run.next = undefined;
    run.previous = undefined;
    this.#size -= 1;
  }

  /** The first that `is` the one. Costs a look at those before it. */
  find(is: (run: T) => boolean): T | undefined {
    let run = this.#first;
    while (run !== undefined && !is(run)) run = run.next;
    return run;
  }

  /** All of them; those that are removed meanwhile are still given. */
  all(): T[] {
    const all: T[] = [];
    for (let run = this.#first; run !== undefined; run = run.next) all.push(run);
    return all;
  }
}
