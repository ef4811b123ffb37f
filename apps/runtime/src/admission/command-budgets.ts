import { type Command, commandContract } from '@sessiond/protocol';
import type { Clock, Reservation } from '@sessiond/resilience';
import type { AdmissionObserver } from './admission-observer.ts';
import type { LimiterStatus } from './admission-snapshot.ts';
import { Budget } from './budget.ts';
import type { CommandRefusal } from './command-refusal.ts';

/** How many commands there may be per minute; `null` is off. */
export interface BudgetLimits {
  readonly dataCommandsPerMinute: number | null;
  readonly controlCommandsPerMinute: number | null;
  readonly totalCommandsPerMinute: number | null;
  /** The most that one principal may take of the total: 1 to 100. */
  readonly principalSharePercent: number;
}

/** What one command has taken of the budgets. */
export interface Expense {
  readonly ok: true;
  readonly own: Reservation;
  readonly share: Reservation;
  readonly total: Reservation;
  readonly lane: 'data' | 'control';
}

/** The key of a budget that everybody shares. */
const EVERYBODY = '';

/**
 * The budgets of commands. Each command takes one from its own, `data` or `control`, one from the share its principal may have of the
 * total, and one from the total; it passes all three, or takes from none.
 *
 * A data command counts for its session. One that makes its session counts for the principal alone: otherwise every new id would
 * come with a new budget.
 */
export class CommandBudgets {
  readonly #data: Budget;
  readonly #control: Budget;
  readonly #share: Budget;
  readonly #total: Budget;

  constructor(limits: BudgetLimits, { observer, now }: { readonly observer: AdmissionObserver; readonly now: Clock }) {
    const { dataCommandsPerMinute, controlCommandsPerMinute, totalCommandsPerMinute: total } = limits;
    const share = total === null ? null : Math.ceil((total * limits.principalSharePercent) / 100);
    const shared = { observer, now };
    this.#data = new Budget({
      ...shared,
      name: 'data',
      of: 'data commands',
      perMinute: dataCommandsPerMinute,
    });
    this.#control = new Budget({
      ...shared,
      name: 'control',
      of: 'control commands',
      perMinute: controlCommandsPerMinute,
    });
    this.#share = new Budget({ ...shared, name: 'principal', of: 'commands of one principal', perMinute: share });
    this.#total = new Budget({ ...shared, name: 'total', of: 'commands of all principals together', perMinute: total });
  }

  take(command: Command, principalId: string): Expense | CommandRefusal {
    const { lane, appliesTo } = commandContract(command.type)!;
    const own = lane === 'data' ? this.#data : this.#control;
    const isOfSession = lane === 'data' && appliesTo !== 'server';
    // A space occurs in no session id.
    const ownTaken = own.take(isOfSession ? `${command.sessionId} ${principalId}` : principalId);
    if (!ownTaken.ok) return ownTaken;
    const shareTaken = this.#share.take(principalId);
    if (!shareTaken.ok) {
      own.refund(ownTaken);
      return shareTaken;
    }
    const totalTaken = this.#total.take(EVERYBODY);
    if (!totalTaken.ok) {
      this.#share.refund(shareTaken);
      own.refund(ownTaken);
      return totalTaken;
    }
    return { ok: true, own: ownTaken, share: shareTaken, total: totalTaken, lane };
  }

  /** Gives everything back that a command has taken; for one that never began. Called at most once. */
  refund({ own, share, total, lane }: Expense): void {
    this.#total.refund(total);
    this.#share.refund(share);
    (lane === 'data' ? this.#data : this.#control).refund(own);
  }

  snapshot(): LimiterStatus[] {
    return [this.#data, this.#control, this.#share, this.#total].map((budget) => budget.snapshot());
  }
}
