/**
 * A function of the owner that is told what happened, with one plain value.
 *
 * It is called after the state has changed completely, so it may call back into the object that called it. What it
 * throws is caught and counted (`hookErrors` in the snapshot), and so is the rejection of a promise it returns; nothing
 * else changes. It is called without `this`.
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

/**
 * The hooks of several state machines that change together: while one holds them, events wait, and are told in their
 * order when all is done.
 */
export class HookQueue {
  readonly errors: HookErrors = new HookErrors();
  #held = 0;
  #waiting: { hook: Hook<never>; event: unknown }[] | undefined = undefined;

  /** Calls a hook now, or when `release` is called as often as `hold` was. */
  tell<E>(hook: Hook<E> | undefined, event: E): void {
    if (hook === undefined) return;
    if (this.#held === 0) notify(hook, event, this.errors);
    else {
      this.#waiting ??= [];
      this.#waiting.push({ hook, event });
    }
  }

  hold(): void {
    this.#held++;
  }

  release(): void {
    this.#held--;
    if (this.#held === 0 && this.#waiting !== undefined) this.#drain(this.#waiting);
  }

  #drain(waiting: { hook: Hook<never>; event: unknown }[]): void {
    this.#waiting = undefined;
    for (const { hook, event } of waiting) notify(hook as Hook<unknown>, event, this.errors);
  }
}
