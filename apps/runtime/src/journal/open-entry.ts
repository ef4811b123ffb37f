import { commandContract, type ProtocolFault } from '@sessiond/protocol';
import type { Listed } from '../execution/run-list.ts';
import type { AcceptedCommand, FinishedCommand, JournalEntry } from './command-journal.ts';
import type { Batch, BatchEntry, GroupCommit } from './group-commit.ts';
import { byCommandKey, bySessionKey, entryKey, isEntryKey, numberOf, pendingKey } from './journal-keys.ts';
import {
  encodeEntry,
  encodeFinished,
  encodeWithdrawn,
  isWithdrawn,
  type StoredEntry,
  type WithdrawnEntry,
} from './journal-record.ts';
import type { Changes } from './journal-store.ts';

/** What is on record about a command whose outcome could not be recorded, and what whoever sent it was told. */
const UNRECORDED: ProtocolFault = Object.freeze({
  code: 'JOURNAL_UNAVAILABLE',
  message: 'The command was carried out, but its outcome could not be recorded',
  details: Object.freeze({ executed: true }),
});

/** The journal, as far as its open entries are concerned. */
export interface EntryKeeper {
  readonly isSync: boolean;
  readonly commit: GroupCommit;
  finish(entry: OpenEntry, finished: FinishedCommand): Promise<void> | undefined;
  withdraw(entry: OpenEntry): void;
}

/** About what an acceptance takes on record; what it does exactly is known when it is written, if it is. */
const ACCEPTED_CHARS = 512;

/**
 * An entry from its acceptance to its outcome.
 *
 * What it is goes into its batch when that is written, not before: a command that is over by then costs one text and no note that it is in flight.
 */
export class OpenEntry implements JournalEntry, BatchEntry, Listed<OpenEntry> {
  readonly number: number;
  readonly accepted: AcceptedCommand;
  /** Never before that of an earlier entry. */
  readonly acceptedAtMs: number;
  /** Whether its outcome is still to come. */
  isInFlight = true;
  next: OpenEntry | undefined;
  previous: OpenEntry | undefined;
  readonly #keeper: EntryKeeper;
  /** The batch that it was last put into. */
  #batch: Batch;
  /** The batch that its acceptance was written with, on its own. */
  #acceptedIn: Batch | undefined;
  /** With its outcome, or with the note that it was taken back. */
  #final: string | undefined;
  #isWithdrawn = false;
  /** The session that the command turned out to be about. */
  #sessionId: string | undefined;

  constructor(number: number, accepted: AcceptedCommand, acceptedAtMs: number, keeper: EntryKeeper) {
    this.number = number;
    this.accepted = accepted;
    this.acceptedAtMs = acceptedAtMs;
    this.#keeper = keeper;
    this.#batch = keeper.commit.add(this, undefined, ACCEPTED_CHARS);
  }

  /** Whether the acceptance has to be on record before the command runs. */
  get isRecordedFirst(): boolean {
    return commandContract(this.accepted.command.type).recordedFirst;
  }

  get fingerprint(): string | undefined {
    return this.accepted.fingerprint;
  }

  get durable(): Promise<void> | undefined {
    return this.#keeper.isSync && this.isRecordedFirst ? (this.#acceptedIn ?? this.#batch).done : undefined;
  }

  finish(finished: FinishedCommand): Promise<void> | undefined {
    return this.#keeper.finish(this, finished);
  }

  withdraw(): void {
    this.#keeper.withdraw(this);
  }

  /** Records the outcome: the text of the whole entry. @returns the batch it goes with. */
  record(text: string, sessionId: string | undefined): Batch {
    this.#final = text;
    this.#sessionId = sessionId;
    this.#batch = this.#keeper.commit.add(this, this.#batch, text.length);
    return this.#batch;
  }

  /** Records that the command never began. */
  takeBack(): void {
    this.#isWithdrawn = true;
    this.record(encodeWithdrawn(this.acceptedAtMs), undefined);
  }

  contribute(changes: Map<string, string | null>, batch: Batch): number {
    const { number } = this;
    const acceptedIn = this.#acceptedIn;
    if (this.#final === undefined) {
      this.#acceptedIn = batch;
      for (const key of this.#indexKeys()) changes.set(key, '');
      changes.set(pendingKey(number), '');
      changes.set(entryKey(number), encodeEntry(this.accepted, this.acceptedAtMs));
      return 0;
    }
    changes.set(entryKey(number), this.#final);
    if (acceptedIn !== undefined) changes.set(pendingKey(number), null);
    if (this.#isWithdrawn) {
      if (acceptedIn !== undefined) for (const key of this.#indexKeys()) changes.set(key, null);
    } else {
      if (acceptedIn === undefined || acceptedIn.state === 'failed') {
        for (const key of this.#indexKeys()) changes.set(key, '');
      }
      const sessionId = this.#sessionId;
      if (sessionId !== undefined && sessionId !== this.accepted.command.sessionId) {
        changes.set(bySessionKey(sessionId, number), '');
      }
    }
    return this.#final.length;
  }

  /** What is to be on record about a command that never began. */
  withdrawn(): Changes {
    return new Map([
      [entryKey(this.number), encodeWithdrawn(this.acceptedAtMs)],
      ...[pendingKey(this.number), ...this.#indexKeys()].map((key) => [key, null] as const),
    ]);
  }

  /** What is to be on record about a command whose outcome could not be recorded. */
  unrecorded(finishedAtMs: number): Changes {
    const text = encodeEntry(this.accepted, this.acceptedAtMs, unrecordedOutcome(finishedAtMs));
    return unrecorded(this.number, text, this.#indexKeys());
  }

  #indexKeys(): string[] {
    const { id, sessionId } = this.accepted.command;
    return indexKeys(this.number, id, sessionId);
  }
}

/** The size of the entries from number `first` on among changes. */
export function entryChars(changes: Changes, first: number): number {
  let chars = 0;
  for (const [key, text] of changes) if (isEntryKey(key) && numberOf(key) >= first) chars += text?.length ?? 0;
  return chars;
}

/** What is to be on record in the place of an entry that was lost on the way to the disk, with its outcome or with the note that it was taken back. */
export function whenOutcomeIsLost(number: number, entry: StoredEntry | WithdrawnEntry, nowMs: number): Changes {
  if (isWithdrawn(entry)) return new Map([[entryKey(number), encodeWithdrawn(entry.acceptedAtMs)]]);
  const { finished: _, ...accepted } = entry;
  const text = encodeFinished(accepted, unrecordedOutcome(nowMs));
  return unrecorded(number, text, indexKeys(number, entry.commandId, entry.sessionId));
}

function unrecordedOutcome(finishedAtMs: number): FinishedCommand {
  return { outcome: { ok: false, fault: UNRECORDED }, finishedAtMs };
}

function unrecorded(number: number, text: string, keys: readonly string[]): Changes {
  return new Map([[entryKey(number), text], [pendingKey(number), null], ...keys.map((key) => [key, ''] as const)]);
}

function indexKeys(number: number, commandId: string | undefined, sessionId: string | undefined): string[] {
  const keys: string[] = [];
  if (sessionId !== undefined) keys.push(bySessionKey(sessionId, number));
  if (commandId !== undefined) keys.push(byCommandKey(commandId, number));
  return keys;
}
