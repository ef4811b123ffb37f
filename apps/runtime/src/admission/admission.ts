import { type Command, commandContract, type HealthCheck, type ProtocolFault } from '@sessiond/protocol';
import { type Clock, monotonicNow } from '@sessiond/resilience';
import type { Logger } from 'pino';
import { type AdmissionObserver, unobservedAdmission } from './admission-observer.ts';
import type { AdmissionSnapshot } from './admission-snapshot.ts';
import { type BreakerLimits, breakerRules, type SessionTraits } from './breaker-rules.ts';
import { type Attempt, type BreakerChange, CommandBreakers } from './command-breakers.ts';
import { type BudgetLimits, CommandBudgets, type Expense } from './command-budgets.ts';
import { CommandPlaces, type PlaceLimits } from './command-places.ts';
import type { CommandRefusal } from './command-refusal.ts';

/** Every limit before commands, by the name of its option. */
export interface AdmissionLimits extends BudgetLimits, PlaceLimits, BreakerLimits {
  /** The most that the first piece of the answer of a model may take, in milliseconds. */
  readonly providerSlowMs: number;
}

/** What admission is made of. */
export interface AdmissionOptions {
  readonly limits: AdmissionLimits;
  readonly logger: Logger;
  /** Default: nobody is told. */
  readonly observer?: AdmissionObserver | undefined;
  /** Monotonic milliseconds; default `performance.now`. */
  readonly now?: Clock | undefined;
}

/** A command that was let in: it begins, ends and leaves, in this order, or it is withdrawn. Doing one of these again changes nothing. */
export interface AdmittedCommand {
  readonly ok: true;
  /**
   * Asks the breaker, when execution is about to begin: what waited in a lane must not be tried after all if what it needs has failed
   * meanwhile. A command that is refused is withdrawn already.
   */
  begin(sessions: SessionTraits): CommandRefusal | undefined;
  /** The answer is decided; `undefined` is a success. Work may still go on. */
  end(fault: ProtocolFault | undefined): void;
  /** The work is really over: gives the place back. */
  leave(): void;
  /** The command never began and never will: gives back its place and what it took of the budgets. */
  withdraw(): void;
}

/** What a command passes, in this order. */
interface Stages {
  readonly budgets: CommandBudgets;
  readonly places: CommandPlaces;
  readonly breakers: CommandBreakers;
}

/** What is never limited. */
const UNLIMITED: AdmittedCommand = Object.freeze({
  ok: true,
  begin: () => undefined,
  end() {},
  leave() {},
  withdraw() {},
});

/**
 * Decides whether a command may run: budgets, then places, then, when it begins, a breaker. Refusals are plain values with a code and, where
 * it is known, `retryAfterMs`.
 *
 * What a later stage refuses is given back to the earlier ones, and so is what was taken by a command that never begins: one that the
 * breaker refused, one that was cancelled or had waited too long in its lane, one that found the lane full, one that the end of the server
 * stopped. A command that began has used its budget, however it ends.
 *
 * Costs O(1) per command, however many there were. Commands whose contract says that they are not limited pass all of it, untouched and
 * uncounted.
 */
export class Admission {
  readonly #stages: Stages;
  readonly #slowMs: number;
  readonly #breakerListeners = new Set<(change: BreakerChange) => void>();

  constructor({ limits, logger, observer = unobservedAdmission, now = monotonicNow }: AdmissionOptions) {
    this.#slowMs = limits.providerSlowMs;
    this.#stages = {
      budgets: new CommandBudgets(limits, { observer, now }),
      places: new CommandPlaces(limits, observer),
      breakers: new CommandBreakers({
        rules: breakerRules(limits),
        observer,
        logger,
        now,
        onChanged: (change) => {
          for (const listener of this.#breakerListeners) listener(change);
        },
      }),
    };
  }

  /** Lets a command in, or says why not; then nothing was taken. */
  admit(command: Command, principalId: string): AdmittedCommand | CommandRefusal {
    if (!commandContract(command.type).limited) return UNLIMITED;
    const { budgets, places } = this.#stages;
    const expense = budgets.take(command, principalId);
    if (!expense.ok) return expense;
    const refusal = places.enter(principalId);
    if (refusal !== undefined) {
      budgets.refund(expense);
      return refusal;
    }
    return new LimitedCommand(this.#stages, command, principalId, expense);
  }

  /** Asks the breaker before lines of shell for one that is no command of a client: of the tool of an agent. */
  attemptShell(sessionId: string, instance: string): Attempt | CommandRefusal {
    const sessions = { instanceOf: () => instance, modelOf: () => undefined };
    return this.#stages.breakers.attempt({ type: 'bash', sessionId, command: '' }, '', sessions);
  }

  /** The model that a prompt of a session waits for has begun to answer. */
  modelAnswered(sessionId: string, firstTokenMs: number): void {
    this.#stages.breakers.answered(sessionId, firstTokenMs <= this.#slowMs);
  }

  /** Calls `listener`, which must not throw, whenever a breaker has changed its state. @returns how to stop. */
  onBreakerChanged(listener: (change: BreakerChange) => void): () => void {
    this.#breakerListeners.add(listener);
    return () => this.#breakerListeners.delete(listener);
  }

  snapshot(): AdmissionSnapshot {
    const { budgets, places, breakers } = this.#stages;
    return { limiters: budgets.snapshot(), bulkheads: places.snapshot(), breakers: breakers.snapshot() };
  }

  /** Degraded while a breaker is open, for everybody or for a key. */
  health(): HealthCheck {
    const sentences: string[] = [];
    for (const { name, state, keys, openKeys } of this.#stages.breakers.snapshot()) {
      if (state === 'open') sentences.push(`${name} is open for everybody`);
      else if (openKeys > 0) sentences.push(`${name} is open for ${openKeys} of ${keys}`);
    }
    if (sentences.length === 0) return { name: 'breakers', status: 'ok' };
    return { name: 'breakers', status: 'degraded', message: `${sentences.join(', ')}.` };
  }
}

class LimitedCommand implements AdmittedCommand {
  readonly ok = true;
  readonly #stages: Stages;
  readonly #command: Command;
  readonly #principalId: string;
  readonly #expense: Expense;
  #attempt: Attempt | undefined;
  #present = true;

  constructor(stages: Stages, command: Command, principalId: string, expense: Expense) {
    this.#stages = stages;
    this.#command = command;
    this.#principalId = principalId;
    this.#expense = expense;
  }

  begin(sessions: SessionTraits): CommandRefusal | undefined {
    const answer = this.#stages.breakers.attempt(this.#command, this.#principalId, sessions);
    if (!answer.ok) {
      this.withdraw();
      return answer;
    }
    this.#attempt = answer;
    return undefined;
  }

  end(fault: ProtocolFault | undefined): void {
    this.#attempt?.settle(fault);
    this.#attempt = undefined;
  }

  leave(): void {
    if (!this.#present) return;
    this.#present = false;
    this.#stages.places.leave(this.#principalId);
  }

  withdraw(): void {
    if (!this.#present) return;
    this.leave();
    this.#stages.budgets.refund(this.#expense);
  }
}
