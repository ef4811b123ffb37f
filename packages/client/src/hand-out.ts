import { AttachmentStateError } from './errors.ts';

/** Who keeps what a {@link HandOut} gives, and hears of its reader. */
export interface HandOutOwner<T> {
  /** Takes the oldest item that waits, or `undefined` when nothing does. May end the hand-out. */
  take(): T | undefined;
  /** The reader is done with an item. May end the hand-out. */
  onTaken(item: T): void;
  /** The reader gave up: its signal was aborted or its handler failed. What waits is to be dropped, the hand-out to fail with the reason. */
  onBroken(reason: unknown): void;
  /** The reader has left its loop, which goes on when this has settled. */
  onLeft(): Promise<void>;
}

/** How one reader reads. */
export interface HandOutOptions<T> {
  /** What its errors call the whole and one item of it. */
  readonly names: { readonly whole: string; readonly item: string };
  /** Takes the items instead of iteration; the next comes when the promise it returned has settled. */
  readonly onItem?: ((item: T) => void | Promise<void>) | undefined;
  readonly signal: AbortSignal | undefined;
}

interface Waiter<T> {
  readonly resolve: (result: IteratorResult<T>) => void;
  readonly reject: (error: unknown) => void;
}

type Outcome = { readonly failed: false } | { readonly failed: true; readonly reason: unknown };

/**
 * Gives what arrives to one reader, an item at a time, and then tells it of the end or the failure.
 *
 * An item counts as taken when the reader is done with it: when it asks for the next or leaves, or when its handler has returned. An item
 * whose handler fails is never taken. Holds the item that is being read and one awaited answer; what waits is its owner's, and
 * the owner's to bound.
 */
export class HandOut<T> {
  /** Resolves at the end, rejects with the failure; whoever iterates need not look at it. */
  readonly done: Promise<void>;
  readonly #owner: HandOutOwner<T>;
  readonly #options: HandOutOptions<T>;
  #finish!: { readonly resolve: () => void; readonly reject: (error: unknown) => void };
  #outcome: Outcome | undefined;
  /** What the reader works on: handed out, not yet taken. */
  #handed: T | undefined;
  #waiter: Waiter<T> | undefined;
  #isIterated = false;
  #isHandlerBusy = false;

  constructor(owner: HandOutOwner<T>, options: HandOutOptions<T>) {
    this.#owner = owner;
    this.#options = options;
    this.done = new Promise((resolve, reject) => {
      this.#finish = { resolve, reject };
    });
    this.done.catch(() => {});
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Makes the caller the reader. @throws AttachmentStateError when there is one. */
  iterate(): AsyncIterator<T> {
    const { names, onItem } = this.#options;
    if (this.#isIterated || onItem !== undefined) {
      throw new AttachmentStateError(`Cannot iterate ${names.whole}: it already has a reader`);
    }
    this.#isIterated = true;
    return {
      next: () => this.#next(),
      return: async () => {
        this.#takeHanded();
        await this.#owner.onLeft();
        return { done: true, value: undefined };
      },
    };
  }

  /** Something may be there to take, or nothing may come any more: gives it to the reader, if it is ready. */
  wake(): void {
    const { onItem } = this.#options;
    if (onItem !== undefined) {
      if (!this.#isHandlerBusy) this.#feed(onItem);
      return;
    }
    if (this.#waiter === undefined) return;
    const item = this.#owner.take();
    if (item === undefined) return;
    this.#handed = item;
    this.#waiter.resolve({ done: false, value: item });
    this.#waiter = undefined;
  }

  /** Nothing follows what has been taken. Only the first of this and {@link fail} counts. */
  end(): void {
    this.#conclude({ failed: false });
  }

  /** Only what waits follows; a handler that is at work gets it before `done` rejects. */
  fail(reason: unknown): void {
    this.#conclude({ failed: true, reason });
  }

  readonly #onAbort = (): void => this.#owner.onBroken(this.#options.signal?.reason);

  #next(): Promise<IteratorResult<T>> {
    if (this.#waiter !== undefined) {
      const { item } = this.#options.names;
      return Promise.reject(new AttachmentStateError(`Cannot take the next ${item}: the one before is still awaited`));
    }
    this.#takeHanded();
    const item = this.#owner.take();
    if (item !== undefined) {
      this.#handed = item;
      return Promise.resolve({ done: false, value: item });
    }
    if (this.#outcome?.failed === true) return Promise.reject(this.#outcome.reason);
    if (this.#outcome !== undefined) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  #takeHanded(): void {
    const item = this.#handed;
    if (item === undefined) return;
    this.#handed = undefined;
    this.#owner.onTaken(item);
  }

  /** Calls the handler with what waits, until nothing does or the handler wants time. */
  #feed(onItem: (item: T) => void | Promise<void>): void {
    this.#isHandlerBusy = true;
    try {
      for (let item = this.#owner.take(); item !== undefined; item = this.#owner.take()) {
        this.#handed = item;
        const working = onItem(item);
        if (working !== undefined) {
          working.then(() => this.#feedOn(onItem)).catch((error) => this.#onHandlerFailed(error));
          return;
        }
        this.#takeHanded();
      }
      this.#rest();
    } catch (error) {
      this.#onHandlerFailed(error);
    }
  }

  #feedOn(onItem: (item: T) => void | Promise<void>): void {
    this.#takeHanded();
    this.#feed(onItem);
  }

  #onHandlerFailed(error: unknown): void {
    this.#handed = undefined;
    this.#owner.onBroken(error);
    this.#rest();
  }

  /** The handler is no longer at work: a failure that came meanwhile is told now. */
  #rest(): void {
    this.#isHandlerBusy = false;
    if (this.#outcome !== undefined) this.#settle(this.#outcome);
  }

  #conclude(outcome: Outcome): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    if (!(outcome.failed && this.#isHandlerBusy)) this.#settle(outcome);
  }

  #settle(outcome: Outcome): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    if (outcome.failed) {
      waiter?.reject(outcome.reason);
      this.#finish.reject(outcome.reason);
    } else {
      waiter?.resolve({ done: true, value: undefined });
      this.#finish.resolve();
    }
  }
}
