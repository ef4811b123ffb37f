import type { SessionRow } from './overview.ts';

/** By what sessions are sorted. */
export type Order = 'rate' | 'name' | 'attached';

/** Most output first, and of those without the one that had it last. */
function byRate(one: SessionRow, other: SessionRow): number {
  return (
    (other.bytesPerSecond ?? 0) - (one.bytesPerSecond ?? 0) ||
    (one.idleMs ?? Number.MAX_VALUE) - (other.idleMs ?? Number.MAX_VALUE)
  );
}

function byName(one: SessionRow, other: SessionRow): number {
  return compare((one.name ?? one.sessionId).toLowerCase(), (other.name ?? other.sessionId).toLowerCase());
}

const ORDERS: Readonly<Record<Order, (one: SessionRow, other: SessionRow) => number>> = Object.freeze({
  rate: byRate,
  name: byName,
  attached: (one: SessionRow, other: SessionRow) => other.attached - one.attached || byRate(one, other),
});

/** The sessions in this order; equal ones by id, so that none jumps about. */
export function inOrder(sessions: readonly SessionRow[], order: Order): SessionRow[] {
  const first = ORDERS[order];
  return [...sessions].sort((one, other) => first(one, other) || compare(one.sessionId, other.sessionId));
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
