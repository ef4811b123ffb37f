// The type of a global that every runtime has, but that no type library shared by all of them declares.
declare const performance: { now(): number };

/** Milliseconds of a clock that is not set back; only differences mean something. */
export type Clock = () => number;

/** The clock of the engine, `performance.now`. */
export const monotonicNow: Clock = () => performance.now();
