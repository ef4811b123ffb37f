import { resolve } from 'node:path';
import { InvalidOptionError } from './errors.ts';
import type { OverflowPolicy } from './output-buffer.ts';

/** What to start and how. Sizes in bytes, times in milliseconds. */
export interface PtyOptions {
  /** A program's name or path. */
  readonly command: string;
  /** Arguments without the program's own name. Default none. */
  readonly args?: readonly string[];
  /** Directory the child starts in. Default: this process's. */
  readonly cwd?: string;
  /** The child's whole environment, see {@link childEnvironment}. `PWD` is set to the directory. */
  readonly env: Readonly<Record<string, string>>;
  /** Window size, 1 to 10,000 each. Default 80 × 24. */
  readonly cols?: number;
  readonly rows?: number;
  /** Output kept. Default 4 MiB. */
  readonly bufferBytes?: number;
  /** Default `drop-oldest`. */
  readonly overflow?: OverflowPolicy;
  /** Input that may wait for a child that does not read, and the largest single write, 4 KiB to 1 GiB. Default 1 MiB. */
  readonly inputQueueBytes?: number;
  /** Time between SIGTERM and SIGKILL. Default 5,000. */
  readonly gracePeriodMs?: number;
  /** Silence after which the PTY counts as `throttled`, until output resumes; `null` for never. Default 300,000. */
  readonly idleTimeoutMs?: number | null;
  /** Share of undelivered bytes from which on readers count as lagging, more than 0.1 and at most 1. Default 0.75. */
  readonly backpressureThreshold?: number;
}

/** {@link PtyOptions} with every default filled in and everything checked that can be checked without the system. */
export interface ResolvedPtyOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cols: number;
  readonly rows: number;
  readonly inputQueueBytes: number;
  readonly gracePeriodMs: number;
  readonly idleTimeoutMs: number | null;
}

const DEFAULTS = Object.freeze({
  cols: 80,
  rows: 24,
  inputQueueBytes: 1024 * 1024,
  gracePeriodMs: 5_000,
  idleTimeoutMs: 300_000,
});
/** What a timer of Node can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const MAX_DIMENSION = 10_000;
const MIN_INPUT_QUEUE_BYTES = 4_096;
const MAX_INPUT_QUEUE_BYTES = 1024 * 1024 * 1024;

/**
 * Checks the options and fills in the defaults.
 * @throws InvalidOptionError naming the option and its range.
 */
export function resolvePtyOptions(options: PtyOptions): ResolvedPtyOptions {
  const cwd = checkedText('cwd', resolve(options.cwd ?? process.cwd()));
  return {
    command: checkedCommand(options.command),
    args: (options.args ?? []).map((arg) => checkedText('args', arg)),
    cwd,
    env: { ...checkedEnvironment(options.env), PWD: cwd },
    cols: checkedDimension('cols', options.cols ?? DEFAULTS.cols),
    rows: checkedDimension('rows', options.rows ?? DEFAULTS.rows),
    inputQueueBytes: checkedQueue(options.inputQueueBytes ?? DEFAULTS.inputQueueBytes),
    gracePeriodMs: checkedGrace(options.gracePeriodMs ?? DEFAULTS.gracePeriodMs),
    idleTimeoutMs: checkedIdleTimeout(
      options.idleTimeoutMs === undefined ? DEFAULTS.idleTimeoutMs : options.idleTimeoutMs,
    ),
  };
}

/** Checks a number of columns or rows. @throws InvalidOptionError outside of 1 to 10,000. */
export function checkedDimension(option: 'cols' | 'rows', value: number): number {
  if (!Number.isInteger(value) || value < 1 || value > MAX_DIMENSION) {
    throw new InvalidOptionError(option, value, 'an integer from 1 to 10,000');
  }
  return value;
}

/** Checks a grace period. @throws InvalidOptionError for what no timer can wait. */
export function checkedGrace(value: number): number {
  if (!Number.isFinite(value) || value < 0 || value > MAX_TIMER_MS) {
    throw new InvalidOptionError('gracePeriodMs', value, '0 to 2,147,483,647 milliseconds');
  }
  return value;
}

function checkedIdleTimeout(value: number | null): number | null {
  if (value !== null && (!Number.isFinite(value) || value < 1 || value > MAX_TIMER_MS)) {
    throw new InvalidOptionError('idleTimeoutMs', value, 'null or 1 to 2,147,483,647 milliseconds');
  }
  return value;
}

function checkedQueue(value: number): number {
  if (!Number.isInteger(value) || value < MIN_INPUT_QUEUE_BYTES || value > MAX_INPUT_QUEUE_BYTES) {
    throw new InvalidOptionError('inputQueueBytes', value, 'an integer from 4,096 to 1,073,741,824');
  }
  return value;
}

function checkedCommand(command: string): string {
  if (command === '') throw new InvalidOptionError('command', command, 'a program name or path');
  return checkedText('command', command);
}

/** The kernel ends strings at a NUL byte, so one inside would silently cut off what follows. */
function checkedText(option: string, text: string): string {
  if (text.includes('\0')) throw new InvalidOptionError(option, 'a NUL character', 'text without NUL');
  return text;
}

function checkedEnvironment(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(env)) {
    if (name === '' || /[=\0]/.test(name)) {
      throw new InvalidOptionError('env', 'a malformed variable name', 'names without "=" and NUL');
    }
    checkedText('env', value);
  }
  return env;
}
