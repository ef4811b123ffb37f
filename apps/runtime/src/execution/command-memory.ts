import { type Command, commandContract, type ProtocolFault } from '@sessiond/protocol';
import { rightsOf } from '../auth/rights.ts';
import type { CommandIssuer } from '../commands/command-context.ts';
import type { SessionFacts } from '../sessions/session-host.ts';
import { addressed, type CommandAnswer, failureText, replayed } from './command-answer.ts';
import type { CommandRun } from './command-run.ts';
import type { DependencyLookup } from './dependencies.ts';
import { digestOf, fingerprintOf, isAskedAgain } from './fingerprint.ts';
import type { HashedKey } from './hashed-key.ts';
import {
  connectionKey,
  idempotencyKey,
  isReading,
  type KeyedOutcome,
  type Outcome,
  type OutcomeKeys,
  type OutcomeStore,
  principalKey,
} from './outcome-store.ts';
import { RunTable } from './run-table.ts';

/** What is known of a command that comes again, with what its principal might do: it still waits or runs, it has ended, or it is another one. */
export type Recalled =
  | { readonly by: 'id' | 'key'; readonly rights: string; readonly run: CommandRun }
  | { readonly by: 'id'; readonly rights: string; readonly outcome: Outcome }
  | { readonly by: 'key'; readonly rights: string; readonly outcome: KeyedOutcome }
  | { readonly rights: string; readonly conflict: ProtocolFault };

/** Where commands are remembered, and by what sessions are told apart. */
export interface CommandMemoryOptions {
  readonly outcomes: OutcomeStore;
  readonly sessions: { facts(sessionId: string): Pick<SessionFacts, 'instance'> | undefined };
}

/** Of a command that is not remembered. */
export const UNKNOWN: OutcomeKeys = Object.freeze({ byId: undefined, byKey: undefined });

const ID_CONFLICT: ProtocolFault = Object.freeze({
  code: 'ID_CONFLICT',
  message: 'Cannot run the command: its id was used for another one',
});
/** Told of a command that is not to run again and whose answer was larger than all of the memory for outcomes. */
export const TOO_LARGE: ProtocolFault = Object.freeze({
  code: 'INVALID_STATE',
  message: 'Cannot answer the command again: it was carried out, and its answer was too large to be remembered',
  details: Object.freeze({ executed: true }),
});
const IDEMPOTENCY_CONFLICT: ProtocolFault = Object.freeze({
  code: 'IDEMPOTENCY_CONFLICT',
  message: 'Cannot run the command: its idempotency key was used for another one',
});

/**
 * Knows commands by their ids and idempotency keys: those that wait or run, which are never forgotten, and those that were answered, as far as the store remembers them.
 *
 * Commands without id and key are not known here and cost nothing. What waits or runs is bounded by admission.
 */
export class CommandMemory {
  readonly #options: CommandMemoryOptions;
  readonly #byId = new RunTable<CommandRun>();
  readonly #byKey = new RunTable<CommandRun>();

  constructor(options: CommandMemoryOptions) {
    this.#options = options;
  }

  keysOf(command: Command, { principal, connectionId }: CommandIssuer): OutcomeKeys {
    const { id, idempotencyKey: key, type } = command;
    if (id === undefined && key === undefined) return UNKNOWN;
    return {
      byId: id === undefined ? undefined : outcomeKey(type, id, principal.id, connectionId),
      byKey: key === undefined ? undefined : idempotencyKey(principal.id, command, key),
    };
  }

  /** What is known of a command with these keys. Whether who sends it may be told is not decided here. */
  recall(command: Command, { byId, byKey }: OutcomeKeys): Recalled | undefined {
    const recalled = byId === undefined ? undefined : this.#recallById(command, byId);
    if (recalled !== undefined || byKey === undefined) return recalled;
    return this.#recallByKey(command, byKey);
  }

  /** The outcome that was found by the idempotency key of the command is from now on that of its id, too. */
  takeOver(command: Command, { byId }: OutcomeKeys, { code, text, rights }: Omit<Outcome, 'fingerprint'>): void {
    if (byId === undefined) return;
    this.#options.outcomes.keep(byId, command.type, { code, text, rights, fingerprint: fingerprintOf(command) });
  }

  /** A command waits or runs from now on under these keys; those of one that was sent again lead to the first. */
  enter(run: CommandRun, { byId, byKey }: OutcomeKeys): void {
    if (byId !== undefined) this.#byId.set(byId, run);
    if (byKey !== undefined) this.#byKey.set(byKey, run);
  }

  /** A command is decided; its outcome is remembered if it is `final`, in place of the command. */
  leave(
    run: CommandRun,
    { code, text }: CommandAnswer,
    { final, data }: { readonly final: boolean; readonly data: unknown },
  ): void {
    let fingerprint: string | undefined;
    for (const { command, keys } of run.waiters) {
      const { byId, byKey } = keys;
      if (byId !== undefined) this.#byId.delete(byId, run);
      if (byKey !== undefined) this.#byKey.delete(byKey, run);
      if (!final || (byId === undefined && byKey === undefined)) continue;
      fingerprint ??= run.record === undefined ? fingerprintOf(command) : (run.record.fingerprint ?? digestOf(command));
      const outcome: Outcome = { code, text, rights: rightsOf(run.issuer.principal), fingerprint };
      if (byId !== undefined) this.#options.outcomes.keep(byId, command.type, outcome);
      if (byKey === undefined) continue;
      this.#options.outcomes.keepKeyed(byKey, command.type, { ...outcome, ...this.lifeAfter(run, data) });
    }
  }

  /** Which life of the session it is about there is, when a command begins. */
  lifeBefore({ sessionId }: Command): string | undefined {
    return this.#instanceOf(sessionId);
  }

  /**
   * The session that a command was about or has made, and which life of it there is after the command. One that began in another life than there is now has done nothing to
   * this one.
   */
  lifeAfter(
    { command, contract, startedMs, instance }: CommandRun,
    data: unknown,
  ): { readonly sessionId: string | undefined; readonly instance: string | undefined } {
    const made = (data as { readonly sessionId?: unknown } | undefined)?.sessionId;
    const sessionId = command.sessionId ?? (typeof made === 'string' ? made : undefined);
    const now = this.#instanceOf(sessionId);
    const mayBeNew = now === undefined || startedMs === undefined || contract.sessionAccess === 'give';
    return { sessionId, instance: mayBeNew ? now : instance };
  }

  /** The command of the principal, or of the connection itself, that waits or runs under this id. */
  unanswered({ principal, connectionId }: CommandIssuer, commandId: string): CommandRun | undefined {
    const own = connectionId === undefined ? undefined : this.#byId.get(connectionKey(connectionId, commandId));
    return own ?? this.#byId.get(principalKey(principal.id, commandId));
  }

  /** Where the dependencies of a command are looked up: first among what means something to its connection alone. */
  dependenciesOf(issuer: CommandIssuer): DependencyLookup<CommandRun> {
    const { outcomes } = this.#options;
    const { principal, connectionId } = issuer;
    const keysOf = (commandId: string): HashedKey[] => [
      ...(connectionId === undefined ? [] : [connectionKey(connectionId, commandId)]),
      principalKey(principal.id, commandId),
    ];
    return (commandId) => {
      for (const key of keysOf(commandId)) {
        const known = this.#byId.get(key) ?? outcomes.find(key)?.code;
        if (known !== undefined) return known;
      }
      return undefined;
    };
  }

  #recallById(command: Command, key: HashedKey): Recalled | undefined {
    const run = this.#byId.get(key);
    if (run !== undefined) {
      const rights = rightsOf(run.issuer.principal);
      return isAskedAgain(fingerprintOf(run.command), command)
        ? { by: 'id', rights, run }
        : { rights, conflict: ID_CONFLICT };
    }
    const outcome = this.#options.outcomes.find(key);
    if (outcome === undefined) return undefined;
    const { rights, fingerprint } = outcome;
    if (!isAskedAgain(fingerprint, command)) return { rights, conflict: ID_CONFLICT };
    return isToRunAgain(outcome, command) ? undefined : { by: 'id', rights, outcome };
  }

  #recallByKey(command: Command, key: HashedKey): Recalled | undefined {
    const instance = this.#instanceOf(command.sessionId);
    const run = this.#byKey.get(key);
    if (run !== undefined && !isOfAnotherLife(run, instance)) {
      const rights = rightsOf(run.issuer.principal);
      return isAskedAgain(fingerprintOf(run.command), command)
        ? { by: 'key', rights, run }
        : { rights, conflict: IDEMPOTENCY_CONFLICT };
    }
    const outcome = this.#options.outcomes.findKeyed(key);
    // The same id of a session may name another life of it by now: what was done to the former one was not done to this one.
    if (outcome === undefined || this.#instanceOf(outcome.sessionId) !== outcome.instance) return undefined;
    const { rights, fingerprint } = outcome;
    if (!isAskedAgain(fingerprint, command)) return { rights, conflict: IDEMPOTENCY_CONFLICT };
    return isToRunAgain(outcome, command) ? undefined : { by: 'key', rights, outcome };
  }

  #instanceOf(sessionId: string | undefined): string | undefined {
    return sessionId === undefined ? undefined : this.#options.sessions.facts(sessionId)?.instance;
  }
}

/** The answer from memory to a command that came again. */
export function replayOf({ code, text }: Pick<Outcome, 'code' | 'text'>, { id, type }: Command): CommandAnswer {
  if (text !== '') return { code, text: replayed(text, id) };
  return { code: TOO_LARGE.code, text: addressed(failureText(type, TOO_LARGE), id) };
}

function outcomeKey(
  type: Command['type'],
  id: string,
  principalId: string,
  connectionId: string | undefined,
): HashedKey | undefined {
  if (commandContract(type).outcomeScope === 'principal') return principalKey(principalId, id);
  return connectionId === undefined ? undefined : connectionKey(connectionId, id);
}

/** Whether the answer was not kept, and nothing speaks against reading again. */
function isToRunAgain({ text }: Outcome, { type }: Command): boolean {
  return text === '' && isReading(type);
}

/** Whether the command runs in a life of its session that is over, while there is another. */
function isOfAnotherLife({ instance }: CommandRun, now: string | undefined): boolean {
  return instance !== undefined && now !== undefined && instance !== now;
}
