export { Cursor, type CursorBytes, type CursorGap, type CursorSource } from './cursor.ts';
export {
  CommitOutOfRangeError,
  InvalidCapacityError,
  isRingError,
  OffsetOutOfRangeError,
  type RingError,
  type RingErrorCode,
} from './errors.ts';
export { RingBuffer, type RingBufferOptions, type RingBufferSnapshot, type WriteResult } from './ring-buffer.ts';
