/**
 * Keys of the journal's store. They are texts that sort as what they stand for: numbers have a fixed width, and a blank, which occurs in no id and sorts
 * before everything that does, ends each id.
 *
 * Entries sort before everything else: they only ever grow at their end, so that LevelDB, which merges a new table with all that it overlaps, need not
 * copy old entries again and again.
 *
 * | key | value |
 * |---|---|
 * | `meta` | what is known of the whole, see `JournalMeta` |
 * | `e <number>` | an entry |
 * | `p <number>` | nothing: the entry has no outcome yet |
 * | `s <session id> <number>` | nothing: the entry is about the session |
 * | `i <command id> <number>` | nothing: the entry is of a command with the id |
 * | `x <session id>` | what is known of a session |
 */
export const META_KEY = 'meta';

/** A range of keys: from `gte` on, before `lt`. */
export interface KeyRange {
  readonly gte: string;
  readonly lt: string;
}

/** Hexadecimal digits of the largest safe integer. */
const DIGITS = 14;

export function entryKey(number: number): string {
  return `e ${digits(number)}`;
}

export function pendingKey(number: number): string {
  return `p ${digits(number)}`;
}

export function bySessionKey(sessionId: string, number: number): string {
  return `s ${sessionId} ${digits(number)}`;
}

export function byCommandKey(commandId: string, number: number): string {
  return `i ${commandId} ${digits(number)}`;
}

export function sessionKey(sessionId: string): string {
  return `x ${sessionId}`;
}

/** The entries with numbers from `from` on, before `before`. */
export function entryRange(from = 0, before: number = Number.MAX_SAFE_INTEGER): KeyRange {
  return { gte: entryKey(from), lt: entryKey(before) };
}

/** The same in the index of a session. */
export function bySessionRange(sessionId: string, from: number, before: number): KeyRange {
  return { gte: bySessionKey(sessionId, from), lt: bySessionKey(sessionId, before) };
}

/** The same in the index of a command id. */
export function byCommandRange(commandId: string, from: number, before: number): KeyRange {
  return { gte: byCommandKey(commandId, from), lt: byCommandKey(commandId, before) };
}

/** Every entry without an outcome. */
export const PENDING_RANGE: KeyRange = { gte: 'p ', lt: 'p!' };

/** Every session. */
export const SESSION_RANGE: KeyRange = { gte: 'x ', lt: 'x!' };

/** The number at the end of any key that has one. */
export function numberOf(key: string): number {
  return Number.parseInt(key.slice(-DIGITS), 16);
}

/** Whether the key is that of an entry itself. */
export function isEntryKey(key: string): boolean {
  return key.startsWith('e ');
}

/** Whether the key is that of a session's record. */
export function isSessionKey(key: string): boolean {
  return key.startsWith('x ');
}

function digits(number: number): string {
  return number.toString(16).padStart(DIGITS, '0');
}
