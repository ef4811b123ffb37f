/**
 * Why a token file cannot be used or changed.
 *
 * | code | what to do |
 * |---|---|
 * | `NOT_PRIVATE` | others can reach it, or it is not ours: give it mode 0600 |
 * | `INVALID` | it holds something else than tokens: correct or delete it |
 * | `UNREADABLE`, `UNWRITABLE` | the system refused; `cause` says why |
 * | `LOCKED` | another process changes it and does not come to an end |
 * | `EXISTS`, `NOT_FOUND` | another name |
 * | `FULL` | revoke a token first |
 */
export type TokenFileErrorCode =
  | 'NOT_PRIVATE'
  | 'INVALID'
  | 'UNREADABLE'
  | 'UNWRITABLE'
  | 'LOCKED'
  | 'EXISTS'
  | 'NOT_FOUND'
  | 'FULL';

/** A token file cannot be used or changed. The message is a sentence for people and holds nothing of any token. */
export class TokenFileError extends Error {
  override readonly name = 'TokenFileError';
  readonly code: TokenFileErrorCode;

  constructor(code: TokenFileErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Tells such a refusal from a defect, also across two copies of the package. */
export function isTokenFileError(error: unknown): error is TokenFileError {
  return error instanceof Error && error.name === 'TokenFileError';
}
