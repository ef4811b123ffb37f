/**
 * Does an operation `times` times, one after the other, in a loop of its own, and answers how often it ended as it should.
 *
 * The answer is checked: it keeps the engine from leaving work out, and a guard from refusing what it should let through.
 */
export type Work = (times: number) => number | Promise<number>;

/** Makes what the operation needs, once. */
export type WorkMaker = () => Work | Promise<Work>;

/** Makes `count` things of a kind and answers with whatever keeps them alive. */
export type Holding = (count: number) => unknown;

/** Everything one library can be measured with, by name; the same name means the same operation in every library. */
export interface Entry {
  readonly works: Readonly<Record<string, WorkMaker>>;
  readonly holdings?: Readonly<Record<string, Holding>>;
}
