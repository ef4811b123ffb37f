import type { Command, CommandType, ProtocolFault } from '@sessiond/protocol';
import {
  type BreakerTransition,
  type Clock,
  HybridBreaker,
  KeyedBreaker,
  type Outcome,
  type Permit,
  type Refusal,
} from '@sessiond/resilience';
import type { Logger } from 'pino';
import type { AdmissionObserver, BreakerName, BreakerState } from './admission-observer.ts';
import type { BreakerStatus } from './admission-snapshot.ts';
import type { BreakerRule, SessionTraits } from './breaker-rules.ts';
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
  /** Whose: of everybody, of a session, of a principal or of a model. */
  readonly scope: 'global' | 'session' | 'principal' | 'provider';
  /** The id of the session, principal or model; `undefined` for that of everybody. */
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

/** What stands before a command without a breaker. */
const UNGUARDED: Attempt = Object.freeze({ ok: true, settle() {} });

interface Guarded {
  readonly rule: BreakerRule;
  readonly breaker: HybridBreaker | KeyedBreaker;
  /** Keys whose own breaker has opened. That it is over shows when one looks; bounded by the keys that the breaker remembers. */
  readonly opened: Set<string>;
}

/** The breakers before commands, by the type of the command; one for each key, and one before all. */
export class CommandBreakers {
  /** Attempts that something can be told about before they end, by session; of each there is one at a time. */
  readonly #open = new Map<string, GuardedAttempt>();
  readonly #options: CommandBreakersOptions;
  readonly #byCommand = new Map<CommandType, Guarded>();
  readonly #guards: readonly Guarded[];

  constructor(options: CommandBreakersOptions) {
    this.#options = options;
    this.#guards = options.rules.map((rule) => this.#guard(rule));
    for (const guard of this.#guards) for (const type of guard.rule.commands) this.#byCommand.set(type, guard);
  }

  /** Asks the breaker before this command, if there is one. */
  attempt(command: Command, principalId: string, sessions: SessionTraits): Attempt | CommandRefusal {
    const guard = this.#byCommand.get(command.type);
    if (guard === undefined) return UNGUARDED;
    const { rule, breaker } = guard;
    const { sessionId } = command;
    const key = rule.keyOf(command, principalId, sessions);
    if (key === undefined) return UNGUARDED;
    const answer = breaker.tryAcquire(key);
    if (!answer.ok) {
      this.#options.observer.breakerCalled(rule.name, 'refused');
      return { ok: false, fault: faultOf(rule, answer) };
    }
    const isOpen = rule.scope === 'provider' && sessionId !== undefined;
    const attempt: GuardedAttempt = new GuardedAttempt(guard, key, answer, this.#options.observer, () => {
      if (isOpen && this.#open.get(sessionId) === attempt) this.#open.delete(sessionId);
    });
    if (isOpen) this.#open.set(sessionId, attempt);
    return attempt;
  }

  /** The model that a session waits for has begun to answer, in time or not: what it is asked for may go on for long, and says no more about that. */
  answered(sessionId: string, inTime: boolean): void {
    this.#open.get(sessionId)?.answered(inTime);
  }

  /** Costs O(keys that are open). */
  snapshot(): BreakerStatus[] {
    return this.#guards.map(({ rule, breaker, opened }) => {
      for (const key of opened) if (breaker.snapshotOf(key)?.state !== 'open') opened.delete(key);
      const openKeys = opened.size;
      if (breaker instanceof KeyedBreaker) {
        return { name: rule.name, state: 'closed', keys: breaker.snapshot().keys, openKeys, retryAfterMs: null };
      }
      const { session, global } = breaker.snapshot();
      return {
        name: rule.name,
        state: global.state,
        keys: session.keys,
        openKeys,
        retryAfterMs: global.state === 'open' ? global.retryAfterMs : null,
      };
    });
  }

  #guard(rule: BreakerRule): Guarded {
    const { name, windowMs, rowMs, pauseMs: openMs, probes, failuresPerKey, failuresTotal } = rule;
    const opened = new Set<string>();
    const each = { failures: failuresPerKey, windowMs, openMs, probes };
    const row = rowMs === null ? {} : { consecutiveFailures: failuresPerKey, consecutiveWindowMs: rowMs };
    const now = this.#options.now;
    const hooks = {
      onTransition: (transition: BreakerTransition) => {
        const { key, to } = transition;
        if (key !== null && to === 'open') opened.add(key);
        else if (key !== null) opened.delete(key);
        this.#changed(rule, transition);
      },
      onEvicted: ({ key }: { readonly key: string }) => opened.delete(key),
    };
    const breaker =
      failuresTotal === null
        ? new KeyedBreaker({ name, ...each, ...row, now, hooks })
        : new HybridBreaker({
            name,
            session: { ...each, ...row },
            global: { ...each, failures: failuresTotal },
            now,
            hooks,
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
  readonly #guard: Guarded;
  readonly #key: string;
  readonly #permit: Permit;
  readonly #observer: AdmissionObserver;
  readonly #onSettled: () => void;
  #hasAnswered = false;

  constructor(guard: Guarded, key: string, permit: Permit, observer: AdmissionObserver, onSettled: () => void) {
    this.#guard = guard;
    this.#key = key;
    this.#permit = permit;
    this.#observer = observer;
    this.#onSettled = onSettled;
  }

  answered(inTime: boolean): void {
    if (this.#hasAnswered) return;
    this.#hasAnswered = true;
    this.#count(this.#permit, inTime ? 'success' : 'failure');
  }

  settle(fault: ProtocolFault | undefined): void {
    this.#onSettled();
    const { rule, breaker } = this.#guard;
    const outcome = rule.outcomeOf(fault);
    if (!this.#hasAnswered) {
      this.#count(this.#permit, outcome);
      return;
    }
    // It failed after all, in the middle: a call of its own, if calls are let through now.
    const later = outcome === 'failure' ? breaker.tryAcquire(this.#key) : undefined;
    if (later?.ok) this.#count(later, outcome);
  }

  #count(permit: Permit, outcome: Outcome): void {
    permit.settle(outcome);
    this.#observer.breakerCalled(this.#guard.rule.name, outcome);
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
