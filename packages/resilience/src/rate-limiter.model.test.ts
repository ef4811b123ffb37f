import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RateLimiter, type Reservation } from './rate-limiter.ts';

const WINDOW_MS = 160;
const SLOT_MS = WINDOW_MS / 16;

interface Granted {
  readonly key: string;
  readonly at: number;
  readonly n: number;
  /** What counted it: its key's own budget, or the one that keys without room share. */
  readonly shared: boolean;
  readonly reservation: Reservation;
  refunded: boolean;
}

/** The limiter as one would explain it: a list of everything that was ever granted. */
class NaiveLimiter {
  readonly limit: number;
  readonly maxKeys: number;
  readonly grants: Granted[] = [];
  /** Keys with a budget of their own, and the grants that each of them answers for. */
  readonly own = new Map<string, Granted[]>();

  constructor(limit: number, maxKeys: number) {
    this.limit = limit;
    this.maxKeys = maxKeys;
  }

  counts({ at }: Granted, now: number): boolean {
    return Math.floor(at / SLOT_MS) + 16 >= Math.floor(now / SLOT_MS);
  }

  /** What a take of the key is judged by. */
  judged(key: string): Granted[] {
    return this.own.get(key) ?? this.grants.filter(({ shared }) => shared);
  }

  used(key: string, now: number): number {
    // What is given back to the shared budget is not given back to a key that took over its past.
    const own = this.own.has(key);
    return this.judged(key)
      .filter((grant) => this.counts(grant, now) && !(grant.refunded && !(own && grant.shared)))
      .reduce((sum, { n }) => sum + n, 0);
  }

  /** The first moment from which `n` would fit. */
  fits(key: string, n: number, now: number): number {
    let slot = Math.floor(now / SLOT_MS);
    while (this.used(key, slot * SLOT_MS) + n > this.limit) slot++;
    return slot * SLOT_MS;
  }

  /** Grants from the budget that judged the key, which is its own as soon as there is room. */
  grant(granted: Omit<Granted, 'shared' | 'refunded'>): void {
    const { key, at } = granted;
    const inherited = this.judged(key).filter(({ refunded }) => !refunded);
    const known = this.own.get(key);
    const isRecent = known?.some((other) => Math.floor(other.at / SLOT_MS) === Math.floor(at / SLOT_MS));
    if (known === undefined && this.own.size === this.maxKeys) this.forget(at, 1);
    const shared = known === undefined && this.own.size === this.maxKeys;
    const grant = { ...granted, shared, refunded: false };
    this.grants.push(grant);
    if (shared) return;
    if (isRecent) {
      known!.push(grant);
      return;
    }
    this.own.delete(key);
    this.own.set(key, [...(known ?? inherited), grant]);
    this.forget(at, 2);
  }

  /** Forgets keys that were granted nothing that counts, those first that were granted something the longest ago. */
  forget(now: number, most: number): void {
    const idle = [...this.own].filter(([, grants]) => !grants.some((grant) => this.counts(grant, now)));
    for (const [key] of idle.slice(0, most)) this.own.delete(key);
  }
}

const operation = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('take' as const),
      key: fc.constantFrom('a', 'b', 'c', 'd'),
      n: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('refund' as const), which: fc.nat() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: -30, max: 110 })),
    }),
  },
);

it('[R06, R07, R08] never grants more than the limit in any window, and says exactly when more fits', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 8 }),
      fc.integer({ min: 1, max: 4 }),
      fc.nat({ max: 1_000 }),
      fc.array(operation, { maxLength: 120 }),
      (limit, maxKeys, start, operations) => {
        let clock = start;
        /** The latest time that the limiter has seen, counted from its beginning. */
        let now = 0;
        const look = () => {
          now = Math.max(now, clock - start);
        };
        const limiter = new RateLimiter({ limit, windowMs: WINDOW_MS, maxKeys, now: () => clock });
        const naive = new NaiveLimiter(limit, maxKeys);
        /** Reservations whose one refund was tried. */
        const spent = new Set<Granted>();
        const totals = { granted: 0, grantedUnits: 0, refused: 0, refunded: 0, refundsIgnored: 0 };
        for (const step of operations) {
          if (step.kind === 'wait') {
            clock = Math.max(start, clock + step.ms);
          } else if (step.kind === 'refund') {
            const grant = naive.grants[step.which % Math.max(1, naive.grants.length)];
            if (grant === undefined) continue;
            const first = !spent.has(grant);
            spent.add(grant);
            if (first) look();
            const given = first && naive.counts(grant, now);
            expect(grant.reservation.refund()).toBe(given);
            if (given) grant.refunded = true;
            if (first) totals[given ? 'refunded' : 'refundsIgnored']++;
          } else {
            const { key, n } = step;
            look();
            const used = naive.used(key, now);
            const answer = limiter.take(key, n);
            expect(answer.ok).toBe(used + n <= limit);
            if (answer.ok) {
              naive.grant({ key, at: now, n, reservation: answer });
              expect(answer.generation).toBe(Math.floor(now / SLOT_MS));
              totals.granted++;
              totals.grantedUnits += n;
              const within = naive.grants.filter((g) => g.key === key && !g.refunded && g.at > now - WINDOW_MS);
              expect(within.reduce((sum, g) => sum + g.n, 0)).toBeLessThanOrEqual(limit);
            } else {
              totals.refused++;
              expect(answer.reason).toBe(n > limit ? 'too-large' : 'limit');
              expect(answer.retryAfterMs).toBe(n > limit ? null : start + naive.fits(key, n, now) - clock);
            }
          }
          look();
          expect(limiter.snapshot()).toMatchObject({
            ...totals,
            keys: naive.own.size,
            generation: Math.floor(now / SLOT_MS),
          });
        }
      },
    ),
    { numRuns: 700 },
  );
});
