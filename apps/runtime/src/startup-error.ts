/** What the process answers with when it ends; as `sysexits.h` has it where it has a fitting number. */
export const EXIT_CODES: {
  /** Ended as asked. */
  readonly done: 0;
  /** Ended by an error nobody expected, or by a second signal during the drain. */
  readonly failed: 1;
  /** Unknown flag or command. */
  readonly usage: 2;
  /** An address cannot be listened on, or the journal cannot be used. */
  readonly unavailable: 69;
  /** Another daemon serves this socket. */
  readonly alreadyRunning: 75;
  /** A file that must be private is open to others, or is not ours. */
  readonly permission: 77;
  /** An option has a value that is not allowed. */
  readonly config: 78;
} = Object.freeze({
  done: 0,
  failed: 1,
  usage: 2,
  unavailable: 69,
  alreadyRunning: 75,
  permission: 77,
  config: 78,
});

/** Why a daemon did not start. */
export type StartupErrorCode =
  | 'CONFIG_INVALID'
  | 'CONFIG_UNSAFE'
  | 'ALREADY_RUNNING'
  | 'ADDRESS_UNAVAILABLE'
  | 'NOT_PRIVATE'
  | 'JOURNAL_UNUSABLE';

const EXIT_CODE_OF: Readonly<Record<StartupErrorCode, number>> = Object.freeze({
  CONFIG_INVALID: EXIT_CODES.config,
  CONFIG_UNSAFE: EXIT_CODES.config,
  ALREADY_RUNNING: EXIT_CODES.alreadyRunning,
  ADDRESS_UNAVAILABLE: EXIT_CODES.unavailable,
  NOT_PRIVATE: EXIT_CODES.permission,
  JOURNAL_UNUSABLE: EXIT_CODES.unavailable,
});

/**
 * The daemon cannot start as it was told to.
 * The message is one sentence for the person at the keyboard and says what to do; no stack is worth printing.
 */
export class StartupError extends Error {
  override readonly name = 'StartupError';
  readonly code: StartupErrorCode;
  /** What the process should exit with. */
  readonly exitCode: number;

  constructor(code: StartupErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.exitCode = EXIT_CODE_OF[code];
  }
}

/** Tells a refusal to start from a defect. */
export function isStartupError(error: unknown): error is StartupError {
  return error instanceof StartupError;
}
