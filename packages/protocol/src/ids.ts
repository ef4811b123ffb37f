/** What a session id looks like: 1 to 128 characters that are safe in a path segment, a URL and a shell, the first one no dot or dash. */
export const SESSION_ID_PATTERN: RegExp = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;

/** What a pattern of session ids looks like: the characters of an id, and `*` for any of them, none included. */
export const SESSION_GLOB_PATTERN: RegExp = /^[A-Za-z0-9_.*-]{1,128}$/;

/**
 * What every other id looks like: command ids, idempotency keys, lane, terminal and stream ids.
 *
 * Wider than a session id, because clients bring their own (UUIDs, trace ids, `user@host/7`), yet free of blanks, quotes
 * and control characters, so that one can be logged and printed as it is.
 */
export const ID_PATTERN: RegExp = /^[A-Za-z0-9_.:@/+=-]{1,128}$/;

/** The start of the ids a server gives to commands that came without one; refused from clients in every field that names a command. */
export const RESERVED_ID_PREFIX = 'anon:';

/** Whether `value` can name a session. */
export function isSessionId(value: unknown): value is string {
  return typeof value === 'string' && SESSION_ID_PATTERN.test(value);
}

/** Whether `value` has the alphabet and length of an id other than a session's; says nothing about the reserved prefix. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && ID_PATTERN.test(value);
}

/** Whether `value` is an id that a client may give to a command: an {@link isId | id} outside the reserved prefix. */
export function isCommandId(value: unknown): value is string {
  return isId(value) && !value.startsWith(RESERVED_ID_PREFIX);
}
