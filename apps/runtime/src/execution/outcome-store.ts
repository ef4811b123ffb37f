import { type Command, commandContract } from '@sessiond/protocol';
import { type Clock, monotonicNow } from '@sessiond/resilience';
import type { RecoveredCommand } from '../journal/command-journal.ts';
import type { ObservedCode } from './command-observer.ts';
import { answerOf } from './command-outcome.ts';
import { HashedKey } from './hashed-key.ts';
import { TextLog, type TextLogSnapshot } from './text-log.ts';

/** How much is remembered of commands that were answered. */
export interface OutcomeLimits {
  readonly maxOutcomes: number;
  readonly outcomeBytes: number;
  readonly maxIdempotencyKeys: number;
  readonly idempotencyBytes: number;
  /** How long an idempotency key means what it meant first. */
  readonly idempotencyMs: number;
}

/** What the store is made of. */
export interface OutcomeStoreOptions {
  readonly limits: OutcomeLimits;
  /** Monotonic milliseconds; default `performance.now`. */
  readonly now?: Clock | undefined;
}

/** How a command ended, as it is remembered. */
export interface Outcome {
  readonly code: ObservedCode;
  /** What the command asked for, as `fingerprintOf` or `digestOf` has it. */
  readonly fingerprint: string;
  /** What its principal might do then, as `rightsOf` has it; empty where that is not known any more. */
  readonly rights: string;
  /** The response without an id; empty for one that was too large to be remembered. */
  readonly text: string;
}

/** By what a command is known when it comes again. */
export interface OutcomeKeys {
  /** Its id; absent without one. */
  readonly byId: HashedKey | undefined;
  /** Its idempotency key; absent without one. */
  readonly byKey: HashedKey | undefined;
}

/** The outcome of a command with an idempotency key, and the life of the session after it. */
export interface KeyedOutcome extends Outcome {
  /** The session the command was about or made; `undefined` for none. */
  readonly sessionId: string | undefined;
  /** `undefined` when there was no such session then. */
  readonly instance: string | undefined;
}

/** The sizes of the store. */
export interface OutcomeStoreSnapshot {
  /** By command id. */
  readonly outcomes: TextLogSnapshot;
  /** By idempotency key. */
  readonly keys: TextLogSnapshot;
}

/** A large answer to a command that only reads is not remembered; sent again, the command reads again. In characters. */
const MAX_READING_TEXT = 16 * 1024;
/** The time of outcomes of earlier runs: before all others. */
const BEFORE_THIS_RUN = Number.NEGATIVE_INFINITY;
/** Between the parts of what is remembered: occurs in none of them. */
const SEPARATOR = '\n';

/**
 * Remembers how commands ended: by principal (or connection) and command id, so that each id has one outcome, and for a while by idempotency key, so that
 * each intention has one.
 *
 * Bounded by count and by bytes; the oldest outcomes are forgotten first, and of one that is larger than all of the memory only the code is kept. A key is found until its time is over. Costs no pauses, however much is
 * remembered, and no memory before the first outcome.
 */
export class OutcomeStore {
  readonly #byId: TextLog;
  readonly #byKey: TextLog;
  readonly #keepKeyMs: number;
  readonly #now: Clock;

  constructor({ limits, now = monotonicNow }: OutcomeStoreOptions) {
    this.#byId = new TextLog({ maxEntries: limits.maxOutcomes, maxBytes: limits.outcomeBytes });
    this.#byKey = new TextLog({
      maxEntries: limits.maxIdempotencyKeys,
      maxBytes: limits.idempotencyBytes,
      keepMs: limits.idempotencyMs,
    });
    this.#keepKeyMs = limits.idempotencyMs;
    this.#now = now;
  }

  /** How the command of this {@link outcomeKey} ended. */
  find(key: HashedKey): Outcome | undefined {
    // It keeps what it has for ever, so that the time does not matter.
    const found = this.#byId.find(key, 0);
    return found === undefined ? undefined : outcomeOf(found);
  }

  /** How the command of this {@link idempotencyKey} ended. */
  findKeyed(key: HashedKey): KeyedOutcome | undefined {
    const found = this.#byKey.find(key, this.#now());
    if (found === undefined) return undefined;
    const [sessionId, rest] = cut(found);
    const [instance, outcome] = cut(rest);
    return { ...outcomeOf(outcome), sessionId: sessionId || undefined, instance: instance || undefined };
  }

  /** Remembers how the command of an {@link outcomeKey} ended. */
  keep(key: HashedKey, type: Command['type'], outcome: Outcome): void {
    add(this.#byId, key, { head: headOf(outcome), text: textOf(type, outcome), atMs: this.#now() });
  }

  /** Remembers how the command of an {@link idempotencyKey} ended. */
  keepKeyed(key: HashedKey, type: Command['type'], outcome: KeyedOutcome): void {
    const head = lifeOf(outcome) + headOf(outcome);
    add(this.#byKey, key, { head, text: textOf(type, outcome), atMs: this.#now() });
  }

  /**
   * Takes over how a command of an earlier run ended; newest first, and before the first client comes.
   * @returns `false` when there is no room to remember it by its id; older ones need not be offered then.
   */
  restore(recovered: RecoveredCommand): boolean {
    const { principalId, commandId, type, sessionId, idempotencyKey: key } = recovered;
    const outcome = recoveredOutcome(recovered);
    const [head, text] = [headOf(outcome), textOf(type, outcome)];
    const hasRoom =
      commandId === undefined ||
      prepend(this.#byId, principalKey(principalId, commandId), { head, text, atMs: BEFORE_THIS_RUN });
    const ageMs = Math.max(Date.now() - recovered.finishedAtMs, 0);
    if (key !== undefined && ageMs <= this.#keepKeyMs) {
      const keyed = { head: lifeOf(recovered) + head, text, atMs: this.#now() - ageMs };
      prepend(this.#byKey, idempotencyKey(principalId, { type, sessionId }, key), keyed);
    }
    return hasRoom;
  }

  /** So many milliseconds back nothing is forgotten that was remembered by its id; `undefined` while nothing of this run is. */
  get reachMs(): number | undefined {
    const { evictedAtMs } = this.#byId.snapshot();
    return evictedAtMs === undefined || evictedAtMs === BEFORE_THIS_RUN ? undefined : this.#now() - evictedAtMs;
  }

  snapshot(): OutcomeStoreSnapshot {
    return { outcomes: this.#byId.snapshot(), keys: this.#byKey.snapshot() };
  }
}

/** By what the outcome of a principal's command is remembered. */
export function principalKey(principalId: string, commandId: string): HashedKey {
  // Neither a blank nor a tabulator occurs in a command id.
  return new HashedKey(`${commandId} ${principalId}`);
}

/** By what an outcome that means something to one connection alone is remembered. */
export function connectionKey(connectionId: string, commandId: string): HashedKey {
  return new HashedKey(`${commandId}\t${connectionId}`);
}

/**
 * By what the intention of a command is remembered: for each principal, and for each session the command acts on. One that makes its session
 * does not act on it.
 */
export function idempotencyKey(
  principalId: string,
  { type, sessionId }: { readonly type: Command['type']; readonly sessionId?: string | undefined },
  key: string,
): HashedKey {
  const actsOn = commandContract(type).appliesTo === 'server' ? '' : sessionId;
  return new HashedKey(`${key} ${actsOn} ${principalId}`);
}

/** Whether the command only reads, so that it may run again where its answer is not remembered. */
export function isReading(type: Command['type']): boolean {
  return commandContract(type).scope?.endsWith(':read') === true;
}

/** What is remembered of an outcome: the text may be left out. */
interface Kept {
  readonly head: string;
  readonly text: string;
  readonly atMs: number;
}

function add(log: TextLog, key: HashedKey, { head, text, atMs }: Kept): void {
  if (!log.add(key, head + text, atMs)) log.add(key, head, atMs);
}

/** @returns whether there was room. */
function prepend(log: TextLog, key: HashedKey, { head, text, atMs }: Kept): boolean {
  const whole = log.prepend(key, head + text, atMs);
  return (whole === 'too-large' ? log.prepend(key, head, atMs) : whole) === 'kept';
}

function lifeOf({ sessionId = '', instance = '' }: Partial<Pick<KeyedOutcome, 'sessionId' | 'instance'>>): string {
  return sessionId + SEPARATOR + instance + SEPARATOR;
}

function headOf({ code, rights, fingerprint }: Outcome): string {
  return code + SEPARATOR + rights + SEPARATOR + fingerprint + SEPARATOR;
}

function textOf(type: Command['type'], { text }: Outcome): string {
  return text.length > MAX_READING_TEXT && isReading(type) ? '' : text;
}

function outcomeOf(kept: string): Outcome {
  const [code, afterCode] = cut(kept);
  const [rights, afterRights] = cut(afterCode);
  const [fingerprint, text] = cut(afterRights);
  return { code: code as ObservedCode, rights, fingerprint, text };
}

function cut(text: string): readonly [head: string, rest: string] {
  const at = text.indexOf(SEPARATOR);
  return [text.slice(0, at), text.slice(at + 1)];
}

function recoveredOutcome({ type, outcome, fingerprint = '', rights = '' }: RecoveredCommand): Outcome {
  const { code, text } = answerOf(type, outcome);
  return { code, text, fingerprint, rights };
}
