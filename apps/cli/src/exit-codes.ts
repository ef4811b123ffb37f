import { constants } from 'node:os';
import { isClientError } from '@sessiond/client';
import type { ErrorCode, ExitInfo } from '@sessiond/protocol/client';
import { isTokenFileError, type TokenFileErrorCode } from '@sessiond/token-file/errors';
import { Interrupted, OutputError, UsageError } from './errors.ts';

/**
 * What sessionctl itself ends with, as `sysexits.h` and `timeout(1)` have it where they have a fitting number.
 *
 * `run`, `attach` and `exec` end with the status of the program in the session instead, so a program that ends with one of these
 * numbers looks the same; stderr, empty in that case, tells them apart.
 */
export const EXIT_CODES: {
  readonly ok: 0;
  readonly failed: 1;
  readonly usage: 2;
  readonly refused: 65;
  readonly notFound: 66;
  readonly unavailable: 69;
  readonly internal: 70;
  readonly output: 74;
  readonly busy: 75;
  readonly protocol: 76;
  readonly forbidden: 77;
  readonly aborted: 79;
  readonly timeout: 124;
  readonly spawnFailed: 127;
} = Object.freeze({
  ok: 0,
  failed: 1,
  usage: 2,
  refused: 65,
  notFound: 66,
  unavailable: 69,
  internal: 70,
  output: 74,
  busy: 75,
  protocol: 76,
  forbidden: 77,
  aborted: 79,
  timeout: 124,
  spawnFailed: 127,
});

/** The table that `--help` and the README show. */
export const EXIT_CODE_HELP: string = `Exit codes:
  0    done; for run, attach and exec: the status of the program, 128+n if signal n ended it, 0 after detaching
  1    the program ended, but its status was lost; for agent: the agent or its provider failed; for health: degraded;
       for doctor: something is wrong
  2    wrong usage
  65   the daemon refused the command or the session is not in a state for it
  66   no such session
  69   no daemon there, or the connection was lost for good
  70   a defect of sessionctl or of the daemon
  74   stdout or a file takes no more, for example because the disk is full
  75   a limit was reached, a breaker is open, or the daemon is ending; try again later
  76   the daemon speaks another version of the protocol
  77   not allowed: token missing or wrong, or no permission
  79   somebody else aborted it
  124  timeout of wait, exec or agent prompt
  127  run or exec could not start the program, or there is no such agent
  128+n  ended by signal n`;

const BY_TOKEN_FILE_CODE: Readonly<Partial<Record<TokenFileErrorCode, number>>> = Object.freeze({
  NOT_PRIVATE: EXIT_CODES.forbidden,
  UNREADABLE: EXIT_CODES.forbidden,
  UNWRITABLE: EXIT_CODES.forbidden,
  LOCKED: EXIT_CODES.busy,
  FULL: EXIT_CODES.busy,
});

const BY_CODE: Readonly<Partial<Record<ErrorCode, number>>> = Object.freeze({
  SESSION_NOT_FOUND: EXIT_CODES.notFound,
  UNAUTHENTICATED: EXIT_CODES.forbidden,
  FORBIDDEN: EXIT_CODES.forbidden,
  AGENT_FAILED: EXIT_CODES.failed,
  AGENT_UNAVAILABLE: EXIT_CODES.spawnFailed,
  CANCELLED: EXIT_CODES.aborted,
  TIMEOUT: EXIT_CODES.timeout,
  SPAWN_FAILED: EXIT_CODES.spawnFailed,
  SESSION_LIMIT: EXIT_CODES.busy,
  SESSION_BUSY: EXIT_CODES.busy,
  RATE_LIMITED: EXIT_CODES.busy,
  CIRCUIT_OPEN: EXIT_CODES.busy,
  QUEUE_FULL: EXIT_CODES.busy,
  CAPACITY_EXCEEDED: EXIT_CODES.busy,
  INPUT_QUEUE_FULL: EXIT_CODES.busy,
  SHUTTING_DOWN: EXIT_CODES.busy,
  PROTOCOL_VERSION_UNSUPPORTED: EXIT_CODES.protocol,
  INTERNAL: EXIT_CODES.internal,
});

/** The exit code that an error means. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT_CODES.usage;
  if (error instanceof OutputError) return EXIT_CODES.output;
  if (error instanceof Interrupted) return 128 + constants.signals[error.signal];
  if (isTokenFileError(error)) return BY_TOKEN_FILE_CODE[error.code] ?? EXIT_CODES.refused;
  if (!isClientError(error)) return EXIT_CODES.internal;
  switch (error.code) {
    case 'CONNECT_FAILED':
      if (error.failure === 'unauthenticated' || error.failure === 'refused') return EXIT_CODES.forbidden;
      if (error.failure === 'busy') return EXIT_CODES.busy;
      return error.failure === 'protocol' ? EXIT_CODES.protocol : EXIT_CODES.unavailable;
    case 'CONNECTION_LOST':
    case 'CLIENT_CLOSED':
    case 'REQUEST_TIMEOUT':
      return EXIT_CODES.unavailable;
    case 'PROTOCOL_VIOLATION':
      return EXIT_CODES.protocol;
    case 'CLIENT_LIMIT':
    case 'ATTACHMENT_STATE':
      return EXIT_CODES.internal;
    default:
      return BY_CODE[error.code] ?? EXIT_CODES.refused;
  }
}

/** The exit code that stands for how the program of a session ended; {@link EXIT_CODES.failed} when nobody knows. */
export function exitCodeOfChild(exit: ExitInfo | undefined): number {
  if (exit === undefined) return EXIT_CODES.failed;
  if (exit.exitCode !== null) return exit.exitCode;
  const signals: Readonly<Record<string, number>> = constants.signals;
  const number = exit.signal === null ? undefined : (signals[exit.signal] ?? realTimeSignal(exit.signal));
  return number === undefined ? EXIT_CODES.failed : 128 + number;
}

/** Real-time signals have no name; the daemon writes `SIG34`. */
function realTimeSignal(name: string): number | undefined {
  const digits = /^SIG(\d{1,2})$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
