import { cheapest, type Target } from '../rows.ts';
import type { BenchRow } from '../suite.ts';
import type { Workbench } from '../workbench.ts';
import { contest } from './contest.ts';
import type { FieldName } from './fields.ts';

/** Whom every row is about. */
export const OURS = 'sessiond';

/** Somebody who does the same, or what there is to compare it with. */
export interface Rival {
  readonly library: string;
  /** Its work, if it has another name. */
  readonly work?: string;
  /** What people know it by, if it is not the library. */
  readonly as?: string;
  /** What ours may cost at most, as a multiple of it; without, the row only informs. */
  readonly most?: number;
}

/** One operation, done by us and by rivals. */
export interface Duel {
  /** What is done, for people. */
  readonly name: string;
  readonly work: string;
  readonly rivals: readonly Rival[];
  /** What rows are in; by default nanoseconds. */
  readonly unit?: keyof typeof UNITS;
  /** What ours may cost, in that unit, whatever the rivals do. */
  readonly bound?: Target;
}

const UNITS = { ns: 1, µs: 1e3, ms: 1e6 } as const;

/** Measures an operation and gives a row for every rival; one for ours alone if a bound is set for it, or nobody else does it. */
export async function duel(
  bench: Workbench,
  field: FieldName,
  { name, work, rivals, unit = 'ns', bound }: Duel,
  rounds: number,
): Promise<readonly BenchRow[]> {
  const contestants: Record<string, readonly [string, string]> = { [OURS]: [OURS, work] };
  for (const rival of rivals) contestants[nameOf(rival)] = [rival.library, rival.work ?? work];
  const samples = await contest(bench, { field, contestants, rounds });
  const row = { name, unit, ours: OURS, per: UNITS[unit] };
  return [
    ...(bound !== undefined || rivals.length === 0 ? [cheapest(samples, { ...row, ...(bound && { bound }) })] : []),
    ...rivals.map((rival) => {
      const target = rival.most === undefined ? {} : { target: { most: rival.most } };
      return cheapest(samples, { ...row, rival: nameOf(rival), ...target });
    }),
  ];
}

function nameOf({ library, as }: Rival): string {
  return as ?? library;
}
