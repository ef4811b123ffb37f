import type * as z from 'zod';
import { isJsonObject, type JsonObject } from './json-object.ts';

/** What {@link checkFields} found: the value, or the first wrong field and what it must be. */
export type CheckedFields<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly field: string; readonly requirement: string };

/** Checks an object against a schema; fields that the schema does not name are dropped or refused, at every depth. */
export function checkFields<T extends object>(
  object: JsonObject,
  schema: z.ZodType<T>,
  unknownFields: 'dropped' | 'refused',
): CheckedFields<T> {
  const result = schema.safeParse(object);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    return { ok: false, field: fieldName(issue.path), requirement: issue.message };
  }
  const unknown = unknownFields === 'refused' ? unknownField(object, result.data) : undefined;
  if (unknown !== undefined) return { ok: false, field: fieldName(unknown), requirement: 'is unknown' };
  return { ok: true, value: result.data };
}

/** A path such as `pty.args.3`, cut before the first part that a client made up and that is not fit to be printed. */
function fieldName(path: readonly PropertyKey[]): string {
  const parts = path.map(String);
  const bad = parts.findIndex((part) => !/^\w{1,64}$/.test(part));
  return (bad === -1 ? parts : parts.slice(0, bad)).join('.') || 'a field';
}

/** The path of the first field of `sent` that `known` lacks. */
function unknownField(sent: JsonObject | readonly unknown[], known: object): string[] | undefined {
  for (const [name, value] of Object.entries(sent)) {
    if (!Object.hasOwn(known, name)) return [name];
    const inner = (known as JsonObject)[name];
    if ((isJsonObject(value) && isJsonObject(inner)) || (Array.isArray(value) && Array.isArray(inner))) {
      const found = unknownField(value, inner);
      if (found !== undefined) return [name, ...found];
    }
  }
  return undefined;
}
