import type { Contender } from './contender.ts';
import { gritty } from './gritty.ts';
import { naive } from './naive.ts';
import { sessiond } from './sessiond.ts';
import { wetty } from './wetty.ts';

/** Everyone who can take part, ours first. */
export const FIELD: readonly Contender[] = [sessiond, naive, wetty, gritty];

/**
 * Those who take part in this run: all, or the ones named in `BENCH_CONTENDERS`, separated by commas.
 *
 * Throws a RangeError for a name that nobody has.
 */
export function contendersOfThisRun(environment: NodeJS.ProcessEnv = process.env): readonly Contender[] {
  const names = environment['BENCH_CONTENDERS']?.split(',') ?? FIELD.map(({ name }) => name);
  return names.map(contenderNamed);
}

/** The contender with this name. Throws a RangeError when there is none. */
export function contenderNamed(name: string): Contender {
  const contender = FIELD.find((candidate) => candidate.name === name);
  if (contender === undefined) {
    throw new RangeError(`Cannot bench ${name}: there are ${FIELD.map((candidate) => candidate.name).join(', ')}`);
  }
  return contender;
}
