import * as z from 'zod';
import { offset } from './fields.ts';

/** A place in a stream: an absolute offset, the oldest byte still held, or the place after the newest byte. */
export type StreamPosition = number | 'start' | 'now';

/** Schema of {@link StreamPosition}. */
export const streamPosition: z.ZodType<StreamPosition> = z.union([offset, z.literal(['start', 'now'])], {
  error: 'must be an offset from 0 to 2^53 - 1, start or now',
});

/** The bytes from `from` up to, not including, `to`. */
export interface StreamRange {
  readonly from: number;
  readonly to: number;
}
