import * as z from 'zod';
import { list, text } from './fields.ts';

/** A path or argument of a process: anything but NUL. */
export const processText: z.ZodType<string> = text({
  min: 0,
  max: 131_072,
  pattern: /^[^\0]*$/,
  error: 'must be at most 131072 characters without NUL',
});

/** Arguments of a process. */
export const processArgs: z.ZodType<readonly string[]> = list(processText, 4096);

/** A working directory. */
export const workingDirectory: z.ZodType<string> = text({
  max: 4096,
  pattern: /^\/[^\0]*$/,
  error: 'must be an absolute path',
});

const MAX_VARIABLES = 1024;
const ENVIRONMENT_REQUIREMENT = `must be an object of at most ${MAX_VARIABLES} texts, without = in a name and NUL in a value`;

/** Environment variables by name. */
export const environment: z.ZodType<Readonly<Record<string, string>>> = z
  .record(z.string().regex(/^[^=\0]{1,1024}$/), processText, { error: ENVIRONMENT_REQUIREMENT })
  .refine((variables) => Object.keys(variables).length <= MAX_VARIABLES, { error: ENVIRONMENT_REQUIREMENT });
