import type { Entry } from './work.ts';

/** Name of a field: what its members can do. */
export type FieldName = 'guards' | 'limiters' | 'meters';

type Field = Readonly<Record<string, () => Promise<{ readonly entry: Entry }>>>;

/** Who takes part in what; loaded only where it is measured, so that nobody shares a process with somebody else. */
const FIELDS: Readonly<Record<FieldName, Field>> = {
  guards: {
    sessiond: () => import('../guards/sessiond.ts'),
    cockatiel: () => import('../guards/cockatiel.ts'),
    opossum: () => import('../guards/opossum.ts'),
    'p-limit': () => import('../guards/p-limit.ts'),
    'no guard': () => import('../guards/none.ts'),
  },
  limiters: {
    sessiond: () => import('../limiters/sessiond.ts'),
    'rate-limiter-flexible': () => import('../limiters/rate-limiter-flexible.ts'),
    limiter: () => import('../limiters/limiter.ts'),
  },
  meters: {
    sessiond: () => import('../meters/sessiond.ts'),
    'prom-client': () => import('../meters/prom-client.ts'),
    opentelemetry: () => import('../meters/opentelemetry.ts'),
  },
};

/** Who and what, as plain JSON. */
export interface Order {
  readonly field: FieldName;
  readonly library: string;
  /** A name in the library's entry. */
  readonly what: string;
}

/** Loads the entry of a library into this process. */
export async function loadEntry({ field, library }: Omit<Order, 'what'>): Promise<Entry> {
  const load = FIELDS[field][library];
  if (load === undefined) throw new RangeError(`Cannot load ${library}: it does not take part in ${field}`);
  return (await load()).entry;
}

/** What an entry has under a name. */
export function chosen<T>(offered: Readonly<Record<string, T>> | undefined, { library, what }: Order): T {
  const found = offered?.[what];
  if (found === undefined) throw new RangeError(`Cannot measure ${what} of ${library}: its entry has no such name`);
  return found;
}

/** Every library of every field. */
export function entryNames(): readonly (readonly [FieldName, string])[] {
  const fields = Object.keys(FIELDS) as FieldName[];
  return fields.flatMap((field) => Object.keys(FIELDS[field]).map((library) => [field, library] as const));
}
