import { runAlone } from '../library/run-alone.ts';
import { median } from '../rounds.ts';
import { bounded } from '../rows.ts';
import { progress } from '../stage.ts';
import type { BenchRow } from '../suite.ts';
import type { Workbench } from '../workbench.ts';
import { OURS } from './duel.ts';
import type { FieldName, Order } from './fields.ts';

/** Things of a kind, and how many of them. */
export interface HeldOrder extends Order {
  readonly count: number;
}

/** What is held, by whom. */
export interface Holders {
  /** What one of them is, for people. */
  readonly name: string;
  readonly what: string;
  readonly rivals: readonly string[];
  readonly count: number;
  /** What one of ours may hold at most, in bytes. */
  readonly most?: number;
}

const SAMPLES = 3;

/** Bytes that stay reachable for each of many things: a row for ours, and one for every rival. */
export async function heldRows(
  bench: Workbench,
  field: FieldName,
  { name, what, rivals, count, most }: Holders,
): Promise<readonly BenchRow[]> {
  progress(`memory of ${what}`);
  const script = new URL('held-process.ts', import.meta.url);
  const bytesOf = async (library: string): Promise<number> => {
    const samples: number[] = [];
    for (let sample = 0; sample < SAMPLES; sample++) {
      samples.push(await runAlone(bench, script, { field, library, what, count } satisfies HeldOrder));
    }
    return Math.round(median(samples));
  };
  const ours = await bytesOf(OURS);
  const rows = [bounded(name, 'bytes', ours, most === undefined ? undefined : { most })];
  for (const rivalName of rivals) {
    const rival = await bytesOf(rivalName);
    rows.push({ ...bounded(name, 'bytes', ours), rival, rivalName, ratio: Number((ours / rival).toPrecision(4)) });
  }
  return rows;
}
