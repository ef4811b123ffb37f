import { setImmediate } from 'node:timers/promises';
import type { HealthCheck } from '@sessiond/protocol';
import { type OrphanReport, type PtyLedger, reconcileOrphans } from '@sessiond/pty-core';
import type { Logger } from './logger.ts';

/** What the pass works with. */
export interface OrphanPassOptions {
  /** `undefined` where what runs cannot be recorded. */
  readonly ledger: PtyLedger | undefined;
  readonly logger: Logger;
  readonly onReport: (report: OrphanReport) => void;
}

/** Processes that an earlier run left behind, by what became of them. */
export interface OrphanCounts {
  readonly found: number;
  readonly reattached: number;
  readonly terminated: number;
  /** Left alone. */
  readonly reported: number;
}

type Outcome =
  | { readonly kind: 'pending' }
  | { readonly kind: 'done'; readonly report: OrphanReport }
  | { readonly kind: 'failed'; readonly message: string };

/**
 * Looks, once per start, for programs that an earlier run of the daemon left behind when it was killed, and ends those that
 * are provably its own. Runs beside everything else, for less than ten seconds; says what it found in the log, as an
 * event, in the health and in the metrics.
 */
export class OrphanPass {
  readonly #options: OrphanPassOptions;
  #outcome: Outcome = { kind: 'pending' };

  constructor(options: OrphanPassOptions) {
    this.#options = options;
  }

  /** Called once. Never rejects. */
  async run(): Promise<void> {
    const { ledger, logger, onReport } = this.#options;
    // Whoever waits for the daemon is told first that it is there.
    await setImmediate();
    if (ledger === undefined) {
      this.#outcome = {
        kind: 'failed',
        message: 'Cannot look for programs of earlier runs: there is no ledger of them',
      };
      return;
    }
    try {
      const report = await reconcileOrphans(ledger);
      this.#outcome = { kind: 'done', report };
      tell(report, logger);
      onReport(report);
    } catch (error) {
      this.#outcome = { kind: 'failed', message: 'Cannot look for programs of earlier runs; the log tells more' };
      logger.error({ event: 'orphans', err: error }, 'looking for programs of earlier runs failed');
    }
  }

  /** What `health_check` says about it. */
  health(): HealthCheck {
    const name = 'orphans';
    switch (this.#outcome.kind) {
      case 'pending':
        return { name, status: 'ok', message: 'Programs of earlier runs are being looked for' };
      case 'failed':
        return { name, status: 'degraded', message: this.#outcome.message };
      case 'done': {
        const { report } = this.#outcome;
        const survived = report.reported.some(({ reason }) => reason === 'survived');
        return { name, status: survived ? 'degraded' : 'ok', message: sentence(report) };
      }
    }
  }

  /** How many processes met which fate; `null` before the pass is over. */
  counts(): OrphanCounts | null {
    if (this.#outcome.kind !== 'done') return null;
    const { found, reattached, terminated, reported } = this.#outcome.report;
    return { found, reattached, terminated, reported: reported.length };
  }
}

function sentence({ found, terminated, reported, readable }: OrphanReport): string {
  if (!readable) return 'Programs of earlier runs cannot be looked for on this system';
  if (found === 0 && reported.length === 0) return 'Earlier runs left no programs behind';
  const left = reported.length === 0 ? '' : `, left ${reported.length} alone`;
  return `Of the programs of earlier runs, found ${found}, ended ${terminated}${left}`;
}

function tell(report: OrphanReport, logger: Logger): void {
  const { found, reattached, terminated, reported, tookMs } = report;
  const facts = { event: 'orphans', found, reattached, terminated, reported, tookMs: Math.round(tookMs) };
  if (reported.length > 0) logger.warn(facts, sentence(report));
  else logger.info(facts, sentence(report));
}
