import type * as z from 'zod';
import { durationMs, object, text } from './fields.ts';

/** How long something is kept. */
export interface Retention {
  /** Milliseconds that a stopped session stays attachable and readable. */
  readonly afterExitMs: number;
}

/** Schema of {@link Retention}. */
export const retention: z.ZodType<Retention> = object<Retention>({ afterExitMs: durationMs });

/** A name for people: no control characters, because it is printed to terminals. */
export const sessionName: z.ZodType<string> = text({
  max: 200,
  pattern: /^\P{Cc}*$/u,
  error: 'must be 1 to 200 characters without control characters',
});
