/** As much of an `AbortSignal` as this package uses, so that it needs no type library of a platform. */
export interface CancelSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/**
 * The `AbortSignal` of the platform that compiles this type, Node's or a browser's, so that `fetch` and its like take
 * one; a `CancelSignal` where there is none.
 */
export type WorkSignal = typeof globalThis extends { AbortSignal: { prototype: infer Signal } } ? Signal : CancelSignal;

/** Ends what a `WorkSignal` stands for. */
export interface WorkController {
  readonly signal: WorkSignal;
  abort(reason: unknown): void;
}

declare const AbortController: new () => WorkController;

/** A controller of the platform; about 2 µs, which is why it is made only for somebody who asks for the signal. */
export function createController(): WorkController {
  return new AbortController();
}
