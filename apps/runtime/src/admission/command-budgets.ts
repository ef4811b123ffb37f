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
  /** Of one session, by whomever. */
  readonly dialogAnswersPerMinute: number | null;
  /** The most that one principal may take of the total: 1 to 100. */
  readonly principalSharePercent: number;
}

/** What one command has taken of the budgets. */
export interface Expense {
  readonly ok: true;
  readonly own: Reservation;
  readonly share: Reservation;
  readonly total: Reservation;
  readonly budget: Budget;
}

/** The key of a budget that everybody shares. */
const EVERYBODY = '';

/**
 * The budgets of commands. Each command takes one from its own, `data` or `control`, one from the share its principal may have of the
 * total, and one from the total; it passes all three, or takes from none.
 *
 * A data command counts for its session. One that makes its session counts for the principal alone: otherwise every new id would
 * come with a new budget. Answers to questions of an agent have a budget of their own, which all who answer share: what they could wear out is the agent.
 */
export class CommandBudgets {
  readonly #data: Budget;
  readonly #control: Budget;
  readonly #answers: Budget;
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
    this.#answers = new Budget({
      ...shared,
      name: 'answers',
      of: 'answers to questions of one agent',
      perMinute: limits.dialogAnswersPerMinute,
    });
    this.#share = new Budget({ ...shared, name: 'principal', of: 'commands of one principal', perMinute: share });
    this.#total = new Budget({ ...shared, name: 'total', of: 'commands of all principals together', perMinute: total });
  }

  take(command: Command, principalId: string): Expense | CommandRefusal {
    const { own, key } = this.#ownOf(command, principalId);
    const ownTaken = own.take(key);
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
    return { ok: true, own: ownTaken, share: shareTaken, total: totalTaken, budget: own };
  }

  /** Gives everything back that a command has taken; for one that never began. Called at most once. */
  refund({ own, share, total, budget }: Expense): void {
    this.#total.refund(total);
    this.#share.refund(share);
    budget.refund(own);
  }

  snapshot(): LimiterStatus[] {
    return [this.#data, this.#control, this.#answers, this.#share, this.#total].map((budget) => budget.snapshot());
  }

  #ownOf({ type, sessionId }: Command, principalId: string): { readonly own: Budget; readonly key: string } {
    const { lane, appliesTo } = commandContract(type);
    if (type === 'extension_ui_response') return { own: this.#answers, key: `${sessionId}` };
    if (lane !== 'data') return { own: this.#control, key: principalId };
    // A space occurs in no session id.
    return { own: this.#data, key: appliesTo === 'server' ? principalId : `${sessionId} ${principalId}` };
  }
}
