/** The `code` of every error this package throws. */
export type RingErrorCode = 'INVALID_CAPACITY' | 'OFFSET_OUT_OF_RANGE' | 'COMMIT_OUT_OF_RANGE';

/** What every error of this package is: an `Error` with a `code` that programs may rely on. */
export interface RingError extends Error {
  readonly code: RingErrorCode;
}

/** A ring was asked for with a capacity that is not a count of bytes, or one this engine cannot allocate (then `cause` says why). */
export class InvalidCapacityError extends Error implements RingError {
  override readonly name = 'InvalidCapacityError';
  readonly code = 'INVALID_CAPACITY';
  readonly capacity: number;

  constructor(capacity: number, allowed: string, options?: ErrorOptions) {
    super(`Cannot create ring: capacity is ${count(capacity)}, ${allowed}`, options);
    this.capacity = capacity;
  }
}

/**
 * An absolute offset lies outside what the ring can answer for.
 *
 * `from` and `to` are the lowest and highest offset that would have been accepted at that moment: below `from` the bytes
 * are gone, above `to` they have not been written.
 */
export class OffsetOutOfRangeError extends Error implements RingError {
  override readonly name = 'OffsetOutOfRangeError';
  readonly code = 'OFFSET_OUT_OF_RANGE';
  readonly offset: number;
  readonly from: number;
  readonly to: number;

  constructor(action: string, offset: number, from: number, to: number) {
    super(`Cannot ${action}: offset is ${count(offset)}, allowed are integers from ${count(from)} to ${count(to)}`);
    this.offset = offset;
    this.from = from;
    this.to = to;
  }
}

/** More bytes were committed than the last `reserve` handed out and no later write took back. */
export class CommitOutOfRangeError extends Error implements RingError {
  override readonly name = 'CommitOutOfRangeError';
  readonly code = 'COMMIT_OUT_OF_RANGE';
  readonly bytes: number;
  readonly reservedBytes: number;

  constructor(bytes: number, reservedBytes: number) {
    super(
      `Cannot commit to ring: ${count(bytes)} bytes, allowed are integers from 0 to ${count(reservedBytes)} (reserved)`,
    );
    this.bytes = bytes;
    this.reservedBytes = reservedBytes;
  }
}

const CODES: readonly string[] = [
  'INVALID_CAPACITY',
  'OFFSET_OUT_OF_RANGE',
  'COMMIT_OUT_OF_RANGE',
] satisfies RingErrorCode[];

/** Whether a caught value is an error of this package, by its code, so that it also holds across two copies of the package. */
export function isRingError(value: unknown): value is RingError {
  return value instanceof Error && 'code' in value && typeof value.code === 'string' && CODES.includes(value.code);
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
