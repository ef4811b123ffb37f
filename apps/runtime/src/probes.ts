/** What `/healthz` says about a daemon. */
export interface Health {
  readonly status: 'alive';
  readonly pid: number;
  readonly version: string;
  readonly uptimeMs: number;
}

/** What `/readyz` says: whether new work is taken, and if not, why. */
export interface Readiness {
  readonly status: 'ready' | 'not-ready';
  /** Words for machines, such as `draining`; empty when ready. */
  readonly reasons: readonly string[];
}

/** What the two probes report. */
export interface Probes {
  health(): Health;
  readiness(): Readiness;
}

/** What decides whether new work is taken. */
export interface ReadinessFacts {
  readonly isDraining: boolean;
  /** `undefined` where no journal is kept. */
  readonly journalState: 'open' | 'failed' | 'closed' | undefined;
}

/** Why no new work is taken, in words for machines; empty when it is. */
export function notReadyReasons({ isDraining, journalState }: ReadinessFacts): readonly string[] {
  // A journal is closed at the end only, which says so itself.
  return [...(isDraining ? ['draining'] : []), ...(journalState === 'failed' ? ['journal'] : [])];
}

/** Builds the probes. `reasons` is asked at every call and must be cheap. */
export function createProbes(version: string, reasons: () => readonly string[]): Probes {
  const startedAt = performance.now();
  return {
    health: () => ({
      status: 'alive',
      pid: process.pid,
      version,
      uptimeMs: Math.round(performance.now() - startedAt),
    }),
    readiness: () => {
      const found = reasons();
      return { status: found.length === 0 ? 'ready' : 'not-ready', reasons: found };
    },
  };
}
