import type { Command, CommandType, ProtocolFault } from '@sessiond/protocol';
import { type BreakerTransition, type Clock, HybridBreaker, type Permit, type Refusal } from '@sessiond/resilience';
import type { Logger } from 'pino';
import type { AdmissionObserver, BreakerName, BreakerState } from './admission-observer.ts';
import type { BreakerStatus } from './admission-snapshot.ts';
import { type BreakerRule, outcomeOf } from './breaker-rules.ts';
import type { CommandRefusal } from './command-refusal.ts';

/** What breakers are made of. */
export interface CommandBreakersOptions {
  readonly rules: readonly BreakerRule[];
  readonly observer: AdmissionObserver;
  readonly logger: Logger;
  readonly now: Clock;
  /** Told when one has changed its state. */
  readonly onChanged: (change: BreakerChange) => void;
}

/** A breaker went to another state. */
export interface BreakerChange {
  readonly breaker: BreakerName;
  /** Whose: of everybody, of a session or of a principal. */
  readonly scope: 'global' | 'session' | 'principal';
  /** The id of the session or principal; `undefined` for that of everybody. */
  readonly key: string | undefined;
  readonly from: BreakerState;
  readonly to: BreakerState;
}

/** The right to try a command that a breaker stands before; to be given back once. */
export interface Attempt {
  readonly ok: true;
  /** Tells how the command ended; `undefined` is a success. */
  settle(fault: ProtocolFault | undefined): void;
}

/** Tells the life of a session, which another one of the same id does not have; `undefined` when there is none. */
export type InstanceOf = (sessionId: string) => string | undefined;

/** What stands before a command without a breaker. */
const UNGUARDED: Attempt = Object.freeze({ ok: true, settle() {} });

interface Guarded {
  readonly rule: BreakerRule;
  readonly breaker: HybridBreaker;
  /** Keys whose own breaker has opened. That it is over shows when one looks; bounded by the keys that the breaker remembers. */
  readonly opened: Set<string>;
}

/** The breakers before commands, by the type of the command; one for each key, and one before all. */
export class CommandBreakers {
  readonly #options: CommandBreakersOptions;
  readonly #byCommand = new Map<CommandType, Guarded>();
  readonly #guards: readonly Guarded[];

  constructor(options: CommandBreakersOptions) {
    this.#options = options;
    this.#guards = options.rules.map((rule) => this.#guard(rule));
    for (const guard of this.#guards) for (const type of guard.rule.commands) this.#byCommand.set(type, guard);
  }

  /** Asks the breaker before this command, if there is one. */
  attempt(command: Command, principalId: string, instanceOf: InstanceOf): Attempt | CommandRefusal {
    const guard = this.#byCommand.get(command.type);
    if (guard === undefined) return UNGUARDED;
    const { rule, breaker } = guard;
    const instance = command.sessionId === undefined ? undefined : instanceOf(command.sessionId);
    const answer = breaker.tryAcquire(rule.keyOf(command, principalId, instance));
    if (answer.ok) return new GuardedAttempt(rule, answer, this.#options.observer);
    this.#options.observer.breakerCalled(rule.name, 'refused');
    return { ok: false, fault: faultOf(rule, answer) };
  }

  /** Costs O(keys that are open). */
  snapshot(): BreakerStatus[] {
    return this.#guards.map(({ rule, breaker, opened }) => {
      for (const key of opened) if (breaker.snapshotOf(key)?.state !== 'open') opened.delete(key);
      const { session, global } = breaker.snapshot();
      return {
        name: rule.name,
        state: global.state,
        keys: session.keys,
        openKeys: opened.size,
        retryAfterMs: global.state === 'open' ? global.retryAfterMs : null,
      };
    });
  }

  #guard(rule: BreakerRule): Guarded {
    const { name, windowMs, pauseMs: openMs, probes, failuresPerKey, failuresTotal } = rule;
    const opened = new Set<string>();
    const breaker = new HybridBreaker({
      name,
      session: { failures: failuresPerKey, windowMs, openMs, probes },
      global: { failures: failuresTotal, windowMs, openMs, probes },
      now: this.#options.now,
      hooks: {
        onTransition: (transition) => {
          const { key, to } = transition;
          if (key !== null && to === 'open') opened.add(key);
          else if (key !== null) opened.delete(key);
          this.#changed(rule, transition);
        },
        onEvicted: ({ key }) => opened.delete(key),
      },
    });
    return { rule, breaker, opened };
  }

  #changed(
    { name, trouble, scope: keyScope, idOf }: BreakerRule,
    { name: part, key: breakerKey, from, to, reason, openMs }: BreakerTransition,
  ): void {
    const scope = part === `${name}.global` ? 'global' : 'key';
    const key = breakerKey === null ? undefined : idOf(breakerKey);
    this.#options.observer.breakerTransitioned(name, scope, from, to);
    this.#options.onChanged({
      breaker: name,
      scope: scope === 'global' ? 'global' : keyScope,
      key,
      from,
      to,
    });
    const fields = { event: 'breaker', breaker: name, scope, key, from, to, reason, openMs };
    if (to === 'open') this.#options.logger.warn(fields, `${trouble}; for a while none is tried`);
    else this.#options.logger.info(fields, to === 'closed' ? 'it works again' : 'the next ones are tried');
  }
}

class GuardedAttempt implements Attempt {
  readonly ok = true;
  readonly #rule: BreakerRule;
  readonly #permit: Permit;
  readonly #observer: AdmissionObserver;

  constructor(rule: BreakerRule, permit: Permit, observer: AdmissionObserver) {
    this.#rule = rule;
    this.#permit = permit;
    this.#observer = observer;
  }

  settle(fault: ProtocolFault | undefined): void {
    const outcome = outcomeOf(fault);
    this.#permit.settle(outcome);
    this.#observer.breakerCalled(this.#rule.name, outcome);
  }
}

function faultOf({ name, trouble }: BreakerRule, { retryAfterMs }: Refusal): ProtocolFault {
  return {
    code: 'CIRCUIT_OPEN',
    message: `Cannot run the command: ${trouble}`,
    details: { breaker: name },
    ...(retryAfterMs !== null && { retryAfterMs: Math.ceil(retryAfterMs) }),
  };
}
