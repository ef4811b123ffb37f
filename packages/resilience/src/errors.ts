import type { Refusal } from './refusal.ts';

/** The `code` of every error this package throws. */
export type ResilienceErrorCode = 'INVALID_OPTION' | 'REFUSED' | 'DEADLINE_EXCEEDED';

/** What every error of this package is: an `Error` with a `code` that programs may rely on. */
export interface ResilienceError extends Error {
  readonly code: ResilienceErrorCode;
}

/** An option or argument lies outside its range; nothing was made or done. */
export class InvalidOptionError extends RangeError implements ResilienceError {
  override readonly name = 'InvalidOptionError';
  readonly code = 'INVALID_OPTION';
  /** The option's name as the caller wrote it. */
  readonly option: string;

  constructor(action: string, option: string, found: unknown, allowed: string) {
    super(`Cannot ${action}: ${option} is ${describe(found)}, ${allowed}`);
    this.option = option;
  }
}

/** `execute` was refused, and the work did not begin; `refusal` says by whom, why, and when to ask again. */
export class RefusedError extends Error implements ResilienceError {
  override readonly name = 'RefusedError';
  readonly code = 'REFUSED';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    const retry = refusal.retryAfterMs === null ? '' : `, retry after ${count(Math.ceil(refusal.retryAfterMs))} ms`;
    super(`Cannot execute: ${refusal.by} ${refusal.name} refused (${refusal.reason}${retry})`);
    this.refusal = refusal;
  }
}

/** The work had not ended when its deadline passed; it was told to stop, but may still be going on. */
export class DeadlineError extends Error implements ResilienceError {
  override readonly name = 'DeadlineError';
  readonly code = 'DEADLINE_EXCEEDED';
  /** How long the work was given. */
  readonly deadlineMs: number;

  constructor(name: string, deadlineMs: number) {
    super(`Cannot wait longer for work: it has not ended, ${name} allows ${count(deadlineMs)} ms`);
    this.deadlineMs = deadlineMs;
  }
}

const CODES: readonly string[] = ['INVALID_OPTION', 'REFUSED', 'DEADLINE_EXCEEDED'] satisfies ResilienceErrorCode[];

/** Whether a caught value is an error of this package, by its code, so that it also holds across two copies of the package. */
export function isResilienceError(value: unknown): value is ResilienceError {
  return value instanceof Error && 'code' in value && typeof value.code === 'string' && CODES.includes(value.code);
}

/** Whether a caught value is a `RefusedError`, of this or another copy of the package. */
export function isRefusedError(value: unknown): value is RefusedError {
  return value instanceof Error && 'code' in value && value.code === 'REFUSED' && 'refusal' in value;
}

/** Whether a caught value is a `DeadlineError`, of this or another copy of the package. */
export function isDeadlineError(value: unknown): value is DeadlineError {
  return value instanceof Error && 'code' in value && value.code === 'DEADLINE_EXCEEDED' && 'deadlineMs' in value;
}

/**
 * Throws unless `value` is a number from `min` to `max`, both included: `MIN_VALUE` means above 0, `MAX_VALUE` finite.
 *
 * @throws InvalidOptionError that names the option and what is allowed.
 */
export function checkNumber(action: string, option: string, value: number, min: number, max: number): void {
  if (!(value >= min && value <= max)) {
    const above = min === Number.MIN_VALUE;
    const from = above ? 'above 0' : max >= Number.MAX_VALUE ? `of at least ${count(min)}` : `from ${count(min)}`;
    const to =
      max === Number.MAX_VALUE ? ' and finite' : max > Number.MAX_VALUE ? '' : `${above ? ' up' : ''} to ${count(max)}`;
    throw new InvalidOptionError(action, option, value, `allowed are numbers ${from}${to}`);
  }
}

/**
 * Throws unless `value` is an integer from `min` to `max`, both included.
 *
 * @throws InvalidOptionError that names the option and what is allowed.
 */
export function checkInteger(
  action: string,
  option: string,
  value: number,
  min: number,
  max: number = Number.MAX_SAFE_INTEGER,
): void {
  if (!(Number.isSafeInteger(value) && value >= min && value <= max)) {
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${count(min)}` : `from ${count(min)} to ${count(max)}`;
    throw new InvalidOptionError(action, option, value, `allowed are integers ${range}`);
  }
}

function describe(found: unknown): string {
  return typeof found === 'number' ? count(found) : found === null ? 'null' : `of type ${typeof found}`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
