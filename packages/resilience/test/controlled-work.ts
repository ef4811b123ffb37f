import type { WorkContext } from '../src/index.ts';

/** Work that a test ends, and the context it was given. */
export class ControlledWork<T> {
  context: WorkContext | undefined;
  resolve!: (value: T) => void;
  reject!: (error: unknown) => void;
  readonly #promise: Promise<T> = new Promise((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });

  readonly begin = (context: WorkContext): Promise<T> => {
    this.context = context;
    return this.#promise;
  };

  get begun(): boolean {
    return this.context !== undefined;
  }
}
