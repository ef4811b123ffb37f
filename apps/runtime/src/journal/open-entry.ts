import { type Command, commandContract, type ProtocolFault } from '@sessiond/protocol';
import type { AcceptedCommand, FinishedCommand } from './command-journal.ts';
import type { Batch, GroupCommit } from './group-commit.ts';
import { byCommandKey, bySessionKey, entryKey, isEntryKey, pendingKey } from './journal-keys.ts';
import {
  encodeAccepted,
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

/** An entry from its acceptance to its outcome, as changes to the store. */
export class OpenEntry {
  readonly number: number;
  /** Whether the acceptance has to be on record before the command runs. */
  readonly isRecordedFirst: boolean;
  /** The batch that the acceptance goes with. */
  readonly acceptedIn: Batch;
  readonly #command: Command;
  readonly #acceptedAtMs: number;
  readonly #text: string;

  /** Records the acceptance. */
  constructor(number: number, accepted: AcceptedCommand, commit: GroupCommit) {
    this.number = number;
    this.#command = accepted.command;
    this.#acceptedAtMs = accepted.acceptedAtMs;
    this.#text = encodeAccepted(accepted);
    this.isRecordedFirst = commandContract(accepted.command.type).recordedFirst;
    for (const key of this.#indexKeys()) commit.set(key, '');
    commit.set(pendingKey(number), '');
    this.acceptedIn = commit.set(entryKey(number), this.#text);
  }

  /** Records the outcome. @returns the batch it goes with, and the size of the entry. */
  finish(finished: FinishedCommand, commit: GroupCommit): { readonly batch: Batch; readonly chars: number } {
    const { number, acceptedIn } = this;
    if (!commit.retract(acceptedIn, pendingKey(number))) commit.set(pendingKey(number), null);
    if (acceptedIn.state === 'failed') for (const key of this.#indexKeys()) commit.set(key, '');
    const { sessionId } = finished;
    if (sessionId !== undefined && sessionId !== this.#command.sessionId)
      commit.set(bySessionKey(sessionId, number), '');
    const text = encodeFinished(this.#text, finished);
    return { batch: commit.set(entryKey(number), text), chars: text.length };
  }

  /** Records that the command never began. @returns the size of the entry. */
  withdraw(commit: GroupCommit): number {
    const changes = this.withdrawn();
    for (const [key, value] of changes) {
      if (value !== null || !commit.retract(this.acceptedIn, key)) commit.set(key, value);
    }
    return entryChars(changes);
  }

  /** What is to be on record about a command that never began. */
  withdrawn(): Changes {
    return new Map([
      [entryKey(this.number), encodeWithdrawn(this.#acceptedAtMs)],
      ...[pendingKey(this.number), ...this.#indexKeys()].map((key) => [key, null] as const),
    ]);
  }

  /** What is to be on record about a command whose outcome could not be recorded. */
  unrecorded(finishedAtMs: number): Changes {
    return unrecorded(this.number, this.#text, this.#indexKeys(), finishedAtMs);
  }

  #indexKeys(): string[] {
    return indexKeys(this.number, this.#command.id, this.#command.sessionId);
  }
}

/** The size of the entries among changes. */
export function entryChars(changes: Changes): number {
  let chars = 0;
  for (const [key, text] of changes) if (isEntryKey(key)) chars += text?.length ?? 0;
  return chars;
}

/** What is to be on record in the place of an entry that was lost on the way to the disk, with its outcome or with the note that it was taken back. */
export function whenOutcomeIsLost(number: number, entry: StoredEntry | WithdrawnEntry, nowMs: number): Changes {
  if (isWithdrawn(entry)) return new Map([[entryKey(number), encodeWithdrawn(entry.acceptedAtMs)]]);
  const { finished: _, ...accepted } = entry;
  return unrecorded(number, JSON.stringify(accepted), indexKeys(number, entry.commandId, entry.sessionId), nowMs);
}

function unrecorded(number: number, text: string, keys: readonly string[], finishedAtMs: number): Changes {
  return new Map([
    [entryKey(number), encodeFinished(text, { outcome: { ok: false, fault: UNRECORDED }, finishedAtMs })],
    [pendingKey(number), null],
    ...keys.map((key) => [key, ''] as const),
  ]);
}

function indexKeys(number: number, commandId: string | undefined, sessionId: string | undefined): string[] {
  const keys: string[] = [];
  if (sessionId !== undefined) keys.push(bySessionKey(sessionId, number));
  if (commandId !== undefined) keys.push(byCommandKey(commandId, number));
  return keys;
}
