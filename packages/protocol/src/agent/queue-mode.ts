import type * as z from 'zod';
import { oneOf } from '../fields.ts';

/** How an agent takes up messages that wait: each by itself, answered before the next, or all of them together. */
export type QueueMode = 'one-at-a-time' | 'all';

/** Schema of {@link QueueMode}. */
export const queueMode: z.ZodType<QueueMode> = oneOf(['one-at-a-time', 'all']);
