/** What one round gave: a sample per contestant, keyed by its name. */
export type Round<Sample> = ReadonlyMap<string, Sample>;

/** How {@link pairedRounds} runs. */
export interface RoundsOptions {
  readonly rounds: number;
  /** Told before each contestant's turn; for progress lines. */
  readonly onTurn?: (round: number, name: string) => void;
}

/**
 * Runs every contestant once per round, one after the other, and keeps the samples of a round together.
 *
 * The order rotates by one place each round, so that nobody always runs first, or always after the same neighbour.
 * A contestant that throws ends the whole run: a ratio with a hole in it is not a measurement.
 */
export async function pairedRounds<Sample>(
  contestants: ReadonlyMap<string, () => Promise<Sample>>,
  { rounds, onTurn }: RoundsOptions,
): Promise<readonly Round<Sample>[]> {
  const names = [...contestants.keys()];
  const finished: Round<Sample>[] = [];
  for (let round = 0; round < rounds; round++) {
    const samples = new Map<string, Sample>();
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(round + turn) % names.length]!;
      onTurn?.(round, name);
      samples.set(name, await contestants.get(name)!());
    }
    finished.push(samples);
  }
  return finished;
}

/** All samples of one contestant, in the order of the rounds. Throws a RangeError when it took no part. */
export function samplesOf<Sample>(rounds: readonly Round<Sample>[], name: string): readonly Sample[] {
  return rounds.map((round) => {
    const sample = round.get(name);
    if (sample === undefined) {
      throw new RangeError(`Cannot take samples of ${name}: it ran with ${[...round.keys()].join(', ')}`);
    }
    return sample;
  });
}

/**
 * The median of the ratios within each round.
 *
 * A disturbance that lasts a round hits both sides of its ratio; the ratio of two medians has no such protection.
 */
export function medianRatio<Sample>(
  rounds: readonly Round<Sample>[],
  numerator: string,
  denominator: string,
  value: (sample: Sample) => number,
): number {
  const above = samplesOf(rounds, numerator).map(value);
  const below = samplesOf(rounds, denominator).map(value);
  return median(above.map((sample, round) => sample / below[round]!));
}

/** The middle value, or the mean of the two middle ones. Throws a RangeError when there are none. */
export function median(values: readonly number[]): number {
  const sorted = ascending(values);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * The smallest value that at least `share` of all values do not exceed (nearest rank): always a value that occurred.
 *
 * `share` lies in (0, 1]. Throws a RangeError when there are no values.
 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = ascending(values);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

function ascending(values: readonly number[]): Float64Array {
  if (values.length === 0) throw new RangeError('Cannot take statistics: there are no values');
  return Float64Array.from(values).sort();
}
