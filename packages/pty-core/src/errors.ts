/** Why a child could not be started. */
export type SpawnFailure =
  | 'command-not-found'
  | 'command-not-executable'
  | 'arguments-too-long'
  | 'interpreter-not-found'
  | 'cwd-not-found'
  | 'cwd-not-a-directory'
  | 'cwd-not-accessible'
  | 'out-of-resources';

/** The child could not be started; nothing was left behind: no process, no descriptor, no record. */
export class SpawnError extends Error {
  override readonly name = 'SpawnError';
  readonly code = 'SPAWN_FAILED';
  readonly reason: SpawnFailure;
  constructor(reason: SpawnFailure, message: string, options?: ErrorOptions) {
    super(`Cannot spawn: ${message}`, options);
    this.reason = reason;
  }
}

/** An option of a call was outside its allowed range; nothing was done. */
export class InvalidOptionError extends RangeError {
  override readonly name = 'InvalidOptionError';
  readonly code = 'INVALID_OPTION';
  /** The option's name as the caller wrote it. */
  readonly option: string;
  constructor(option: string, found: unknown, allowed: string) {
    super(`Invalid ${option}: found ${describe(found)}, allowed is ${allowed}`);
    this.option = option;
  }
}

/** The operation makes no sense in the state the PTY is in, such as input to a stopped one; nothing was done. */
export class InvalidStateError extends Error {
  override readonly name = 'InvalidStateError';
  readonly code = 'INVALID_STATE';
  readonly ptyId: string;
  readonly state: string;
  constructor(action: string, ptyId: string, state: string) {
    super(`Cannot ${action}: PTY ${ptyId} is ${state}`);
    this.ptyId = ptyId;
    this.state = state;
  }
}

/** The state machine has no such transition: a defect in the caller, never a consequence of what a child does. */
export class InvalidTransitionError extends Error {
  override readonly name = 'InvalidTransitionError';
  readonly code = 'INVALID_TRANSITION';
  readonly ptyId: string;
  readonly state: string;
  readonly event: string;
  constructor(ptyId: string, state: string, event: string) {
    super(`Cannot apply ${event}: PTY ${ptyId} is ${state}`);
    this.ptyId = ptyId;
    this.state = state;
    this.event = event;
  }
}

/** The bounded input queue cannot take the whole write, so it took none of it. */
export class InputQueueFullError extends Error {
  override readonly name = 'InputQueueFullError';
  readonly code = 'INPUT_QUEUE_FULL';
  readonly pendingBytes: number;
  readonly capacityBytes: number;
  constructor(bytes: number, pendingBytes: number, capacityBytes: number) {
    super(
      `Cannot queue input: ${count(bytes)} bytes do not fit, ${count(pendingBytes)} of ${count(capacityBytes)} bytes are waiting for the child`,
    );
    this.pendingBytes = pendingBytes;
    this.capacityBytes = capacityBytes;
  }
}

/** The manager already holds as many PTYs as it may; no process was started. */
export class CapacityExceededError extends Error {
  override readonly name = 'CapacityExceededError';
  readonly code = 'CAPACITY_EXCEEDED';
  readonly maxPtys: number;
  constructor(maxPtys: number) {
    super(`Cannot spawn: ${count(maxPtys)} PTYs are alive, which is the most allowed`);
    this.maxPtys = maxPtys;
  }
}

/** The id is taken by another PTY. */
export class DuplicatePtyError extends Error {
  override readonly name = 'DuplicatePtyError';
  readonly code = 'PTY_EXISTS';
  constructor(ptyId: string) {
    super(`Cannot register PTY: ${ptyId} exists`);
  }
}

/** No PTY of this id is alive. */
export class PtyNotFoundError extends Error {
  override readonly name = 'PtyNotFoundError';
  readonly code = 'PTY_NOT_FOUND';
  constructor(ptyId: string) {
    super(`Cannot find PTY: ${ptyId} does not exist`);
  }
}

/** The signal reached nobody. */
export class SignalError extends Error {
  override readonly name = 'SignalError';
  readonly code = 'SIGNAL_FAILED';
  constructor(signal: string, ptyId: string, why: string) {
    super(`Cannot deliver ${signal} to PTY ${ptyId}: ${why}`);
  }
}

/** The installed node-pty is not the one this package is written against. */
export class BindingError extends Error {
  override readonly name = 'BindingError';
  readonly code = 'BINDING_UNUSABLE';
}

/** The ledger's folder cannot be used; nothing was changed. The `cause` tells why. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
  readonly code = 'LEDGER_UNUSABLE';
  constructor(path: string, cause: Error) {
    super(`Cannot open ledger ${path}: ${cause.message}`, { cause });
  }
}

/** Every error this package throws on purpose. */
export type PtyError =
  | SpawnError
  | InvalidOptionError
  | InvalidStateError
  | InvalidTransitionError
  | InputQueueFullError
  | CapacityExceededError
  | DuplicatePtyError
  | PtyNotFoundError
  | SignalError
  | BindingError
  | LedgerError;

const codes: ReadonlySet<unknown> = new Set<PtyError['code']>([
  'SPAWN_FAILED',
  'INVALID_OPTION',
  'INVALID_STATE',
  'INVALID_TRANSITION',
  'INPUT_QUEUE_FULL',
  'CAPACITY_EXCEEDED',
  'PTY_EXISTS',
  'PTY_NOT_FOUND',
  'SIGNAL_FAILED',
  'BINDING_UNUSABLE',
  'LEDGER_UNUSABLE',
]);

/** Tells by its code, so across copies of the package too, whether a value is one of this package's errors. */
export function isPtyError(value: unknown): value is PtyError {
  return value instanceof Error && codes.has((value as Error & { code?: unknown }).code);
}

function describe(value: unknown): string {
  return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean'
    ? JSON.stringify(value).slice(0, 64)
    : `a value of type ${value === null ? 'null' : typeof value}`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
