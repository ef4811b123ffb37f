/**
 * A function of the owner that is told what happened, with one plain value.
 *
 * It is called after the state has changed completely, so it may call back into the object that called it. What it
 * throws is caught and counted (`hookErrors` in the snapshot), and so is the rejection of a promise it returns; nothing
 * else changes. It is called without `this`. The hooks of a breaker are told what happened in the order in which it did,
 * so what a hook causes is told after it has returned.
 */
export type Hook<E> = (event: E) => void;

/** How many hooks of one object threw or rejected. */
export class HookErrors {
  count = 0;
}

/** Calls a hook with an event; a hook that throws, or whose promise rejects, is counted and otherwise ignored. */
export function notify<E>(hook: Hook<E> | undefined, event: E, errors: HookErrors): void {
  if (hook === undefined) return;
  try {
    const returned: unknown = hook(event);
    if (returned instanceof Promise) {
      returned.catch(() => {
        errors.count++;
      });
    }
  } catch {
    errors.count++;
  }
}

/** Events that may wait at once. Only hooks that answer every event with another one get there. */
const MAX_WAITING = 1_000;

/**
 * The hooks of state machines that change together, told one after the other in the order in which things happened.
 *
 * Events wait while somebody holds the queue, and while a hook runs: what it causes is told when it has returned, after
 * all that happened before. 1,000 events wait at most; further ones are dropped and counted with the errors.
 */
export class HookQueue {
  readonly errors: HookErrors = new HookErrors();
  #held = 0;
  #waiting: { hook: Hook<never>; event: unknown }[] | undefined = undefined;

  /** Calls a hook now, or as soon as the queue is free. */
  tell<E>(hook: Hook<E> | undefined, event: E): void {
    if (hook === undefined) return;
    if (this.#held === 0) {
      this.#held = 1;
      notify(hook, event, this.errors);
      this.release();
      return;
    }
    this.#waiting ??= [];
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push({ hook, event });
    else this.errors.count++;
  }

  /** Lets events wait until `release` was called as often. */
  hold(): void {
    this.#held++;
  }

  release(): void {
    if (this.#held === 1 && this.#waiting !== undefined) this.#drain(this.#waiting);
    this.#held--;
  }

  /** Tells all that wait, also what comes meanwhile: the queue stays held. */
  #drain(waiting: { hook: Hook<never>; event: unknown }[]): void {
    for (const { hook, event } of waiting) notify(hook as Hook<unknown>, event, this.errors);
    this.#waiting = undefined;
  }
}
