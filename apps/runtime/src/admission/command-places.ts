import { groupDigits } from '../group-digits.ts';
import type { AdmissionObserver, BulkheadName } from './admission-observer.ts';
import type { BulkheadStatus } from './admission-snapshot.ts';
import type { CommandRefusal } from './command-refusal.ts';

/** How many commands may be in flight at a time; `null` is off. */
export interface PlaceLimits {
  readonly maxInflightCommands: number | null;
  readonly maxInflightPerPrincipal: number | null;
}

/** What is answered without a place. */
type PlaceRefusals = Readonly<Record<'principal' | 'commands', CommandRefusal>>;

/**
 * Places for commands in flight: so many of everybody, and so many of one principal.
 *
 * Nobody queues here, so that each is a count. What a principal may hold is kept only while it holds some: as many entries as there are
 * commands at the most.
 */
export class CommandPlaces {
  readonly #limits: PlaceLimits;
  readonly #observer: AdmissionObserver;
  readonly #refusals: PlaceRefusals;
  readonly #byPrincipal = new Map<string, number>();
  #taken = 0;

  constructor(limits: PlaceLimits, observer: AdmissionObserver) {
    this.#limits = limits;
    this.#observer = observer;
    this.#refusals = {
      principal: refusal(
        'principal',
        `of one principal are in flight, allowed are ${count(limits.maxInflightPerPrincipal)}`,
      ),
      commands: refusal('commands', `are in flight, allowed are ${count(limits.maxInflightCommands)}`),
    };
  }

  /** Takes a place for a command of the principal, to be given back with {@link leave}; `undefined` if it got one. */
  enter(principalId: string): CommandRefusal | undefined {
    const { maxInflightCommands, maxInflightPerPrincipal } = this.#limits;
    const own = this.#byPrincipal.get(principalId) ?? 0;
    if (maxInflightPerPrincipal !== null && own >= maxInflightPerPrincipal) return this.#refuse('principal');
    if (maxInflightCommands !== null && this.#taken >= maxInflightCommands) return this.#refuse('commands');
    this.#byPrincipal.set(principalId, own + 1);
    this.#taken += 1;
    return undefined;
  }

  /** Gives back a place that {@link enter} gave. */
  leave(principalId: string): void {
    const own = this.#byPrincipal.get(principalId)!;
    if (own === 1) this.#byPrincipal.delete(principalId);
    else this.#byPrincipal.set(principalId, own - 1);
    this.#taken -= 1;
  }

  snapshot(): BulkheadStatus[] {
    const { maxInflightCommands, maxInflightPerPrincipal } = this.#limits;
    return [
      { name: 'commands', limit: maxInflightCommands, usage: this.#taken, waiting: 0 },
      { name: 'principal', limit: maxInflightPerPrincipal, usage: this.#taken, waiting: 0 },
    ];
  }

  #refuse(bulkhead: 'principal' | 'commands'): CommandRefusal {
    this.#observer.bulkheadRefused(bulkhead);
    return this.#refusals[bulkhead];
  }
}

function refusal(bulkhead: BulkheadName, found: string): CommandRefusal {
  const message = `Cannot take the command: too many ${found}`;
  return Object.freeze({ ok: false, fault: Object.freeze({ code: 'QUEUE_FULL', message, details: { bulkhead } }) });
}

function count(limit: number | null): string {
  return groupDigits(limit ?? 0);
}
