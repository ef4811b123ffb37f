import type { ProtocolFault } from './errors.ts';

/** A parsed JSON object whose fields are not known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether `value` is an object and neither `null` nor an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What {@link parseJsonObject} found. */
export type ParsedObject =
  | { readonly ok: true; readonly object: JsonObject & { readonly type: string } }
  | { readonly ok: false; readonly object?: JsonObject; readonly error: ProtocolFault };

/** Reads a JSON object with a textual `type`: what every message is. Never throws, and repeats nothing of the text in its faults. */
export function parseJsonObject(text: string): ParsedObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return invalid('it is not JSON');
  }
  if (!isJsonObject(value)) return invalid(`it is ${kindOf(value)}, not an object`);
  if (!Object.hasOwn(value, 'type')) return invalid('type is missing', value);
  if (typeof value['type'] !== 'string') return invalid(`type is ${kindOf(value['type'])}, not text`, value);
  return { ok: true, object: value as JsonObject & { readonly type: string } };
}

function invalid(found: string, object?: JsonObject): ParsedObject {
  const error: ProtocolFault = { code: 'INVALID_MESSAGE', message: `Cannot read message: ${found}` };
  return object === undefined
    ? { ok: false, error }
    : { ok: false, object, error: { ...error, details: { field: 'type' } } };
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
