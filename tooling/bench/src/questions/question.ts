import type { VirtualTime } from './virtual-time.ts';

/** Who is asked. */
export const LIBRARIES = ['sessiond', 'cockatiel', 'opossum', 'p-limit', 'rate-limiter-flexible', 'limiter'] as const;

/** One of those who are asked. */
export type Library = (typeof LIBRARIES)[number];

/** Makes what it asks about, as the library's own documentation does, and answers whether it behaves. */
export type Probe = (time: VirtualTime) => Promise<boolean>;

/** What somebody who relies on a guard would want to be sure of. */
export interface Question {
  readonly id: string;
  readonly asks: string;
  /** Whoever is missing has no such feature. */
  readonly probes: Readonly<Partial<Record<Library, Probe>>>;
}
