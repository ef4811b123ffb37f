/** What a backend without a model is made of. */
export interface FakeBackendOptions {
  /** Absolute folder in which conversations are kept as files; without, none is kept. Created when it is missing. */
  readonly folder?: string | undefined;
  /** Monotonic milliseconds; default `performance.now`. */
  readonly now?: (() => number) | undefined;
}
