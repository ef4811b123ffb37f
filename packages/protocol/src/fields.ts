import * as z from 'zod';
import { isBase64 } from './base64.ts';
import { ID_PATTERN, RESERVED_ID_PREFIX, SESSION_ID_PATTERN } from './ids.ts';

type OptionalKeys<T> = { [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? K : never }[keyof T];
type RequiredKeys<T> = Exclude<keyof T, OptionalKeys<T>>;

/** A schema for each field that `T` requires. */
export type RequiredFields<T> = { readonly [K in RequiredKeys<T>]: z.ZodType<T[K]> };

/** A schema for each field that `T` may lack. */
export type OptionalFields<T> = { readonly [K in OptionalKeys<T>]-?: z.ZodType<Exclude<T[K], undefined>> };

/** The arguments that describe the fields of `T`: required ones, then optional ones if it has any. */
export type FieldArguments<T> = [OptionalKeys<T>] extends [never]
  ? [RequiredKeys<T>] extends [never]
    ? []
    : [required: RequiredFields<T>]
  : [required: RequiredFields<T>, optional: OptionalFields<T>];

/** Schemas by field name, optional ones marked. */
export type Shape = Readonly<Record<string, z.ZodType>>;

/** Puts required and optional fields together, unchecked; whoever calls it lets the compiler check the pair. */
export function shape([required, optional]: readonly [required?: object, optional?: object]): Shape {
  const marked = Object.entries<z.ZodType>({ ...optional }).map(([name, schema]) => [name, z.exactOptional(schema)]);
  return { ...required, ...Object.fromEntries(marked) };
}

/**
 * The schema of an object type, checked by the compiler in both directions: a field that is missing here, superfluous, or
 * required on one side and optional on the other does not compile. Fields it does not name are dropped from the result.
 */
export function object<T extends object>(...fields: FieldArguments<T>): z.ZodType<T> {
  return fromShape(shape(fields));
}

/** The schema of an object type whose fields were put together; the caller answers for `T`. */
export function fromShape<T extends object>(fields: Shape): z.ZodType<T> {
  return z.object(fields, { error: 'must be an object' }) as z.ZodType as z.ZodType<T>;
}

/** An integer from `min` to `max`. */
export function integer(min: number, max: number): z.ZodType<number> {
  const error = `must be an integer from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

/** What a text field accepts. */
export interface TextOptions {
  /** Characters; default 1. */
  readonly min?: number;
  /** Characters. */
  readonly max: number;
  readonly pattern?: RegExp;
  /** The whole requirement as the end of the sentence `<field> …`. */
  readonly error: string;
}

/** A string of bounded length. */
export function text(options: TextOptions): z.ZodType<string> {
  const { min = 1, max, pattern, error } = options;
  const bounded = z.string({ error }).min(min, { error }).max(max, { error });
  return pattern === undefined ? bounded : bounded.regex(pattern, { error });
}

/** One of some words. */
export function oneOf<const T extends string>(words: readonly T[]): z.ZodType<T> {
  return z.enum(words, { error: `must be one of ${words.join(', ')}` }) as z.ZodType<string> as z.ZodType<T>;
}

/** Exactly `true` or `false`. */
export const flag: z.ZodType<boolean> = z.boolean({ error: 'must be true or false' });

/** A list of at most `max` items. */
export function list<T>(item: z.ZodType<T>, max: number): z.ZodType<readonly T[]> {
  const error = `must be a list of at most ${max} items`;
  return z.array(item, { error }).max(max, { error });
}

/** A value of another schema, or `null`. */
export function orNull<T>(schema: z.ZodType<T>): z.ZodType<T | null> {
  return z.nullable(schema);
}

/** The longest time any field can ask for: what a timer of the platform can hold, 24.8 days. */
export const MAX_DURATION_MS = 2_147_483_647;

/** A length of time in whole milliseconds, zero included. */
export const durationMs: z.ZodType<number> = integer(0, MAX_DURATION_MS);

/** A length of time that was measured: milliseconds with fractions. */
export const elapsedMs: z.ZodType<number> = z.number().min(0);

/** A place in a byte stream or an event log. */
export const offset: z.ZodType<number> = integer(0, Number.MAX_SAFE_INTEGER);

/** A share, 0 to 1. */
export const ratio: z.ZodType<number> = z.number({ error: 'must be a number from 0 to 1' }).min(0).max(1);

/** The name of any signal. */
export const signalName: z.ZodType<string> = text({
  max: 32,
  pattern: /^SIG[A-Z0-9]+$/,
  error: 'must be the name of a signal',
});

/** The id of a process. */
export const processId: z.ZodType<number> = integer(1, 2 ** 31 - 1);

/** A session id. */
export const sessionId: z.ZodType<string> = text({
  max: 128,
  pattern: SESSION_ID_PATTERN,
  error: 'must be 1 to 128 of A-Z a-z 0-9 _ . - and start with a letter or digit',
});

const ID_REQUIREMENT = 'must be 1 to 128 of A-Z a-z 0-9 _ . : @ / + = -';

/** Any other id. */
export const id: z.ZodType<string> = text({ max: 128, pattern: ID_PATTERN, error: ID_REQUIREMENT });

/** The id of a command: any id outside the reserved prefix. */
export const commandId: z.ZodType<string> = text({
  max: 128,
  pattern: new RegExp(`^(?!${RESERVED_ID_PREFIX})${ID_PATTERN.source.slice(1)}`),
  error: `${ID_REQUIREMENT}, and not start with ${RESERVED_ID_PREFIX}`,
});

/** A number of terminal columns or rows. */
export const cells: z.ZodType<number> = integer(1, 10_000);

/** A time as RFC 3339 text in UTC with milliseconds. */
export const timestamp: z.ZodType<string> = z.iso.datetime({
  precision: 3,
  error: 'must be a time such as 2026-01-31T12:00:00.000Z',
});

/** Base64 with the standard alphabet and padding. */
export const base64: z.ZodType<string> = z
  .string({ error: 'must be base64' })
  .refine(isBase64, { error: 'must be base64' })
  .meta({ contentEncoding: 'base64' });
