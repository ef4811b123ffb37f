import { commandContract } from '@sessiond/protocol';
import { rightsOf } from '../auth/rights.ts';
import type { CommandIssuer } from '../commands/command-context.ts';
import type { CommandJournal, FinishedCommand, JournalEntry, RecordedOutcome } from '../journal/command-journal.ts';
import { recordedOf } from './command-answer.ts';
import { type CommandMemory, TOO_LARGE } from './command-memory.ts';
import type { CommandRun, Waiter } from './command-run.ts';
import { digestOf } from './fingerprint.ts';
import type { KeyedOutcome } from './outcome-store.ts';

/** Where commands are recorded. */
export interface CommandRecorderOptions {
  /** Default: nothing is recorded. */
  readonly journal: CommandJournal | undefined;
  readonly memory: Pick<CommandMemory, 'lifeBefore' | 'lifeAfter'>;
}

/**
 * Puts on record what commands ask for and how they end, as their contracts say: under the id of the command, and under every other id that was promised its outcome because of the
 * idempotency key, so that it is promised after a restart as well.
 */
export class CommandRecorder {
  readonly #journal: CommandJournal | undefined;
  readonly #memory: CommandRecorderOptions['memory'];

  constructor({ journal, memory }: CommandRecorderOptions) {
    this.#journal = journal;
    this.#memory = memory;
  }

  /** Records that the command was let in; `undefined` for one that is not to be recorded. @throws ProtocolError `JOURNAL_UNAVAILABLE` */
  accept({ command, facts, keys }: Waiter, { principal }: CommandIssuer): JournalEntry | undefined {
    const journal = this.#journal;
    if (journal === undefined || !commandContract(command.type).journalled) return undefined;
    const isKnown = journal.mode !== 'off' && (keys.byId !== undefined || keys.byKey !== undefined);
    return journal.accept({
      principalId: facts.principalId,
      command,
      correlationId: facts.correlationId,
      ...(isKnown && {
        fingerprint: digestOf(command),
        rights: rightsOf(principal),
        instance: this.#memory.lifeBefore(command),
      }),
      acceptedAtMs: Date.now(),
    });
  }

  /** Records how the command ended. Settles as its entry does: when it rejects, the outcome must not be told. */
  finish(run: CommandRun, entry: JournalEntry, outcome: RecordedOutcome): Promise<void> | undefined {
    const life = this.#memory.lifeAfter(run, outcome.ok ? outcome.data : undefined);
    const finished = { outcome, ...life, finishedAtMs: Date.now() };
    const recorded = entry.finish({ ...finished, startedAtMs: run.startedAtMs });
    const ids = new Set([run.facts.commandId, undefined]);
    const repeatOthers = (): Promise<void> | undefined => {
      const others = run.waiters.filter(({ facts }) => !ids.has(facts.commandId));
      for (const { facts } of others) ids.add(facts.commandId);
      return allOf(distinct(others).map((waiter) => this.#repeat(waiter, run.issuer, finished)));
    };
    const pending = run.waiters.length === 1 ? recorded : allOf([recorded, repeatOthers()]);
    return pending === undefined ? undefined : untilNone(pending, repeatOthers);
  }

  /** Records that an outcome which was found by the idempotency key of a command is also that of its id. Settles as {@link finish} does. */
  repeat(waiter: Waiter, issuer: CommandIssuer, outcome: KeyedOutcome): Promise<void> | undefined {
    const { command, facts } = waiter;
    const { journalled } = commandContract(command.type);
    if (this.#journal === undefined || !journalled || facts.commandId === undefined) return undefined;
    const { sessionId, instance } = outcome;
    const finishedAtMs = Date.now();
    return this.#repeat(waiter, issuer, { outcome: recordedOutcome(outcome), sessionId, instance, finishedAtMs });
  }

  /** The command never begins, and its key is that of the first: it means what it means no longer because of this one. */
  #repeat(
    { command, facts }: Waiter,
    { principal }: CommandIssuer,
    finished: FinishedCommand,
  ): Promise<void> | undefined {
    const journal = this.#journal!;
    const { idempotencyKey: _, ...withoutKey } = command;
    try {
      const entry = journal.accept({
        principalId: facts.principalId,
        command: withoutKey as typeof command,
        correlationId: facts.correlationId,
        fingerprint: journal.mode === 'off' ? undefined : digestOf(command),
        rights: rightsOf(principal),
        acceptedAtMs: finished.finishedAtMs,
      });
      return entry.finish(finished);
    } catch (error) {
      return journal.mode === 'sync' ? Promise.reject(error) : undefined;
    }
  }
}

function recordedOutcome({ text }: KeyedOutcome): RecordedOutcome {
  return text === '' ? { ok: false, fault: TOO_LARGE } : recordedOf(text);
}

/** The first of those with the same id. */
function distinct(waiters: readonly Waiter[]): Waiter[] {
  return [...new Map([...waiters].reverse().map((waiter) => [waiter.facts.commandId, waiter])).values()].reverse();
}

/** Waits for what is pending, and for what came meanwhile. */
async function untilNone(first: Promise<void>, next: () => Promise<void> | undefined): Promise<void> {
  for (let pending: Promise<void> | undefined = first; pending !== undefined; pending = next()) await pending;
}

function allOf(promises: readonly (Promise<void> | undefined)[]): Promise<void> | undefined {
  const pending = promises.filter((promise) => promise !== undefined);
  return pending.length === 0 ? undefined : Promise.all(pending).then(() => {});
}
