import { type Command, commandContract, type ProtocolFault } from '@sessiond/protocol';
import type { CommandIssuer } from '../commands/command-context.ts';
import type { SessionFacts } from '../sessions/session-host.ts';
import { type CommandAnswer, replayed } from './command-answer.ts';
import type { ObservedCode } from './command-observer.ts';
import type { CommandRun } from './command-run.ts';
import type { DependencyLookup } from './dependencies.ts';
import { digestOf, fingerprintOf, isAskedAgain } from './fingerprint.ts';
import {
  connectionKey,
  idempotencyKey,
  type Outcome,
  type OutcomeKeys,
  type OutcomeStore,
  principalKey,
} from './outcome-store.ts';
import { RunTable } from './run-table.ts';

/** What is known of a command that comes again: it still waits or runs, it has ended, or it is another one. */
export type Recalled =
  | { readonly by: 'id' | 'key'; readonly run: CommandRun }
  | { readonly by: 'id' | 'key'; readonly outcome: Outcome }
  | { readonly conflict: ProtocolFault };

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

  /** What is known of a command with these keys. An outcome that was found by the idempotency key is from now on that of the id, too. */
  recall(command: Command, { byId, byKey }: OutcomeKeys): Recalled | undefined {
    const recalled = byId === undefined ? undefined : this.#recallById(command, byId);
    if (recalled !== undefined || byKey === undefined) return recalled;
    const keyed = this.#recallByKey(command, byKey);
    if (byId !== undefined && keyed !== undefined && 'outcome' in keyed) {
      this.#options.outcomes.keep(byId, command.type, { ...keyed.outcome, fingerprint: fingerprintOf(command) });
    }
    return keyed;
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
      fingerprint ??= run.record === undefined ? fingerprintOf(command) : digestOf(command);
      const outcome: Outcome = { code, text, fingerprint };
      if (byId !== undefined) this.#options.outcomes.keep(byId, command.type, outcome);
      if (byKey === undefined) continue;
      const life = this.lifeAfter(command, data);
      this.#options.outcomes.keepKeyed(byKey, command.type, { ...outcome, ...life });
    }
  }

  /** The session that a command was about or has made, and which life of it there is now. */
  lifeAfter(
    command: Command,
    data: unknown,
  ): { readonly sessionId: string | undefined; readonly instance: string | undefined } {
    const made = (data as { readonly sessionId?: unknown } | undefined)?.sessionId;
    const sessionId = command.sessionId ?? (typeof made === 'string' ? made : undefined);
    return { sessionId, instance: this.#instanceOf(sessionId) };
  }

  /** The command of the principal, or of the connection itself, that waits or runs under this id. */
  unanswered({ principal, connectionId }: CommandIssuer, commandId: string): CommandRun | undefined {
    const own = connectionId === undefined ? undefined : this.#byId.get(connectionKey(connectionId, commandId));
    return own ?? this.#byId.get(principalKey(principal.id, commandId));
  }

  /** Where the dependencies of a command are looked up. */
  dependenciesOf(issuer: CommandIssuer): DependencyLookup<CommandRun> {
    const { outcomes } = this.#options;
    const { principal, connectionId } = issuer;
    return {
      unanswered: (commandId) => this.unanswered(issuer, commandId),
      ended: (commandId): ObservedCode | undefined =>
        outcomes.find(principalKey(principal.id, commandId))?.code ??
        (connectionId === undefined ? undefined : outcomes.find(connectionKey(connectionId, commandId))?.code),
    };
  }

  #recallById(command: Command, key: string): Recalled | undefined {
    const run = this.#byId.get(key);
    if (run !== undefined) return isSame(run.command, command) ? { by: 'id', run } : { conflict: ID_CONFLICT };
    const outcome = this.#options.outcomes.find(key);
    if (outcome === undefined) return undefined;
    if (!isAskedAgain(outcome.fingerprint, command)) return { conflict: ID_CONFLICT };
    return outcome.text === '' ? undefined : { by: 'id', outcome };
  }

  #recallByKey(command: Command, key: string): Recalled | undefined {
    const run = this.#byKey.get(key);
    if (run !== undefined)
      return isSame(run.command, command) ? { by: 'key', run } : { conflict: IDEMPOTENCY_CONFLICT };
    const outcome = this.#options.outcomes.findKeyed(key);
    // The same id of a session may name another life of it by now: what was done to the former one was not done to this one.
    if (outcome === undefined || this.#instanceOf(outcome.sessionId) !== outcome.instance) return undefined;
    if (!isAskedAgain(outcome.fingerprint, command)) return { conflict: IDEMPOTENCY_CONFLICT };
    return outcome.text === '' ? undefined : { by: 'key', outcome };
  }

  #instanceOf(sessionId: string | undefined): string | undefined {
    return sessionId === undefined ? undefined : this.#options.sessions.facts(sessionId)?.instance;
  }
}

/** The answer from memory to a command that came again. */
export function replayOf({ code, text }: Outcome, { id }: Command): CommandAnswer {
  return { code, text: replayed(text, id) };
}

function outcomeKey(
  type: Command['type'],
  id: string,
  principalId: string,
  connectionId: string | undefined,
): string | undefined {
  if (commandContract(type).outcomeScope === 'principal') return principalKey(principalId, id);
  return connectionId === undefined ? undefined : connectionKey(connectionId, id);
}

function isSame(known: Command, command: Command): boolean {
  return isAskedAgain(fingerprintOf(known), command);
}
