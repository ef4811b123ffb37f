import { type Scope, SESSION_GLOB_PATTERN, scopes } from '@sessiond/protocol';
import * as z from 'zod';

/** Tokens of one file. */
export const MAX_TOKENS = 1_000;

/** A token as it lies in the file: everything but the token. */
export interface TokenEntry {
  /** Names the principal `token:<name>`, who owns the sessions that are created with the token. */
  readonly name: string;
  /** SHA-256 of the token in hexadecimal. */
  readonly digest: string;
  readonly scopes: readonly Scope[];
  /** Patterns of ids of sessions that may be reached besides the own ones, with `*` for any characters. */
  readonly sessions?: readonly string[] | undefined;
  /** RFC 3339; absent: it never expires. */
  readonly expiresAt?: string | undefined;
  /** RFC 3339. */
  readonly createdAt: string;
}

/** What the name of a token looks like. */
export const TOKEN_NAME_PATTERN: RegExp = /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$/;

const time = z.iso.datetime({ offset: true });

const tokenEntry: z.ZodType<TokenEntry> = z.strictObject({
  name: z.string().regex(TOKEN_NAME_PATTERN),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  scopes: z.array(z.enum(Object.keys(scopes) as [Scope, ...Scope[]])).max(32),
  sessions: z.array(z.string().regex(SESSION_GLOB_PATTERN)).max(64).optional(),
  expiresAt: time.optional(),
  createdAt: time,
});

/** The whole file. A later version has another number, so that an older daemon refuses what it would misunderstand. */
export interface TokenFileContent {
  readonly version: 1;
  readonly tokens: readonly TokenEntry[];
}

/** Schema of {@link TokenFileContent}: names and digests are used once. */
export const tokenFileContent: z.ZodType<TokenFileContent> = z
  .strictObject({ version: z.literal(1), tokens: z.array(tokenEntry).max(MAX_TOKENS) })
  .refine(({ tokens }) => new Set(tokens.map(({ name }) => name)).size === tokens.length, { path: ['tokens'] })
  .refine(({ tokens }) => new Set(tokens.map(({ digest }) => digest)).size === tokens.length, { path: ['tokens'] });
