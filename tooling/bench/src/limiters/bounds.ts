/** More than a run takes, so that nothing is refused; within 32 bits. */
export const AMPLE = 4_000_000_000;

/** Longer than a run. */
export const WINDOW_MS = 600_000;
