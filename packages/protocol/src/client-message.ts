import type * as z from 'zod';
import { checkFields } from './check-fields.ts';
import type { Command } from './command.ts';
import { commandContracts } from './command-registry.ts';
import type { ProtocolFault } from './errors.ts';
import { type Hello, helloSchema } from './handshake.ts';
import { isId } from './ids.ts';
import { type JsonObject, type ParsedObject, parseJsonObject } from './json-object.ts';

/** Anything a client sends as text. */
export type ClientMessage = Command | Hello;

/** How strictly a client is read. */
export interface DecodeOptions {
  /** Refuse fields the contract does not name; default false: they are dropped. */
  readonly strict?: boolean;
}

/** Why a client's message was refused, with all that an answer needs. */
export interface RefusedMessage {
  readonly ok: false;
  /** The id of the message, if it has one that can be repeated. */
  readonly id?: string;
  /** The type of the message, if it looks like one. */
  readonly command?: string;
  readonly error: ProtocolFault;
}

/** What {@link decodeCommand} found. */
export type DecodedCommand = { readonly ok: true; readonly command: Command } | RefusedMessage;

/** What {@link decodeClientMessage} found. */
export type DecodedClientMessage = { readonly ok: true; readonly message: ClientMessage } | RefusedMessage;

const TYPE_PATTERN = /^[A-Za-z_][A-Za-z0-9_.]{0,63}$/;

/**
 * Reads one command; never throws, whatever the text.
 *
 * The result holds exactly the fields its contract names. A fault names the first field that is wrong, and repeats no value.
 * Costs one JSON parse, one Map lookup and one schema check, whatever the number of commands.
 */
export function decodeCommand(text: string, options: DecodeOptions = {}): DecodedCommand {
  return commandFrom(parseJsonObject(text), options);
}

/** Reads one command or `hello`, like {@link decodeCommand}. */
export function decodeClientMessage(text: string, options: DecodeOptions = {}): DecodedClientMessage {
  return clientMessageFrom(parseJsonObject(text), options);
}

/** {@link decodeClientMessage} for a text that was parsed already. */
export function clientMessageFrom(parsed: ParsedObject, options: DecodeOptions): DecodedClientMessage {
  if (parsed.ok && parsed.object.type === 'hello') {
    const checked = check(parsed.object, helloSchema, options);
    return checked.ok ? { ok: true, message: checked.value } : checked;
  }
  const decoded = commandFrom(parsed, options);
  return decoded.ok ? { ok: true, message: decoded.command } : decoded;
}

/**
 * Reads the example of every command once, so that schema compilation is over before the first client comes.
 *
 * Takes some 50 ms; calling it again costs only the reading.
 */
export function warmUpDecoding(): void {
  for (const { example } of commandContracts.values()) decodeCommand(JSON.stringify(example));
}

function commandFrom(parsed: ParsedObject, options: DecodeOptions): DecodedCommand {
  if (!parsed.ok) return refuse(parsed.object, parsed.error);
  const { object } = parsed;
  const contract = commandContracts.get(object.type);
  if (contract === undefined) {
    return refuse(object, { code: 'UNKNOWN_COMMAND', message: `Cannot accept ${nameOf(object)}: no such command` });
  }
  const checked = check(object, contract.schema, options);
  return checked.ok ? { ok: true, command: checked.value } : checked;
}

function check<T extends object>(
  object: JsonObject,
  schema: z.ZodType<T>,
  options: DecodeOptions,
): { readonly ok: true; readonly value: T } | RefusedMessage {
  const checked = checkFields(object, schema, options.strict === true ? 'refused' : 'dropped');
  if (checked.ok) return checked;
  const { field, requirement } = checked;
  return refuse(object, {
    code: 'INVALID_COMMAND',
    message: `Cannot accept ${nameOf(object)}: ${field} ${requirement}`,
    details: { field },
  });
}

function refuse(object: JsonObject | undefined, error: ProtocolFault): RefusedMessage {
  const id = object?.['id'];
  const type = object?.['type'];
  return {
    ok: false,
    ...(isId(id) && { id }),
    ...(typeof type === 'string' && TYPE_PATTERN.test(type) && { command: type }),
    error,
  };
}

function nameOf(object: JsonObject): string {
  const type = String(object['type']);
  return TYPE_PATTERN.test(type) ? type : 'message';
}
