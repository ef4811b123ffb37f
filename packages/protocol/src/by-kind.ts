import * as z from 'zod';

/** A record of either kind of session: `kind` decides which, so that an error names the field that is wrong and not both ways of being wrong. */
export function byKind<P extends object, A extends object>(pty: z.ZodType<P>, agent: z.ZodType<A>): z.ZodType<P | A> {
  const [ofPty, ofAgent] = [pty, agent] as unknown as [z.ZodObject, z.ZodObject];
  return z.discriminatedUnion('kind', [ofPty, ofAgent], { error: 'must be pty or agent' }) as z.ZodType as z.ZodType<
    P | A
  >;
}
