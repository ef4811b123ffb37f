import type { DeltaMessage } from './agent/delta-message.ts';
import { isErrorCode, type ProtocolFault } from './errors.ts';
import { type EventMessage, eventTypes } from './events.ts';
import type { ServerReady } from './handshake.ts';
import { isJsonObject, type JsonObject, type ParsedObject, parseJsonObject } from './json-object.ts';
import type { StartupRecoverySummary } from './recovery-summary.ts';
import type { FailureResponse, Response } from './responses.ts';

/** A message, or an event, that a newer server sends and this version does not know; to be ignored. */
export interface UnknownMessage {
  readonly type: 'unknown';
  /** The `type` it came with; `event` for an unknown event. */
  readonly originalType: string;
  /** The message as it came. */
  readonly raw: JsonObject;
}

/** Anything a server sends as text. */
export type ServerMessage =
  | ServerReady
  | StartupRecoverySummary
  | Response
  | EventMessage
  | DeltaMessage
  | UnknownMessage;

/** What {@link decodeServerMessage} found. */
export type DecodedServerMessage =
  | { readonly ok: true; readonly message: ServerMessage }
  | {
      readonly ok: false;
      /** The id of the command that waits for an answer, if the message was one. */
      readonly id?: string;
      readonly error: ProtocolFault;
    };

/**
 * Reads one message of a server; never throws, whatever the text.
 *
 * Checks envelopes, not payloads: a server keeps its own contract, and a newer one may say more than this version knows. So
 * unknown fields stay, unknown messages and events become {@link UnknownMessage}, and an unknown error code becomes `INTERNAL`
 * with the original in `details.originalCode`.
 */
export function decodeServerMessage(text: string): DecodedServerMessage {
  return serverMessageFrom(parseJsonObject(text));
}

/** {@link decodeServerMessage} for a text that was parsed already. */
export function serverMessageFrom(parsed: ParsedObject): DecodedServerMessage {
  if (!parsed.ok) return { ok: false, error: parsed.error };
  const { object } = parsed;
  switch (object.type) {
    case 'response':
      return readResponse(object);
    case 'event':
      return readEvent(object);
    case 'delta':
      return readDelta(object);
    case 'server_ready':
      return readServerReady(object);
    case 'startup_recovery_summary':
      return readRecoverySummary(object);
    default:
      return unknown(object);
  }
}

function readResponse(object: JsonObject): DecodedServerMessage {
  const { id, command, success, data } = object;
  if (!isOptional(id, 'string')) return invalid('response', 'id', object);
  if (typeof command !== 'string') return invalid('response', 'command', object);
  if (typeof success !== 'boolean') return invalid('response', 'success', object);
  if (!isOptional(object['sessionVersion'], 'number')) return invalid('response', 'sessionVersion', object);
  if (!success) return readFailure(object);
  if (!isJsonObject(data)) return invalid('response', 'data', object);
  return known(object as unknown as Response);
}

function readFailure(object: JsonObject): DecodedServerMessage {
  const { error, code, retryAfterMs, details } = object;
  if (typeof error !== 'string') return invalid('response', 'error', object);
  if (typeof code !== 'string') return invalid('response', 'code', object);
  if (!isOptional(retryAfterMs, 'number')) return invalid('response', 'retryAfterMs', object);
  if (details !== undefined && !isJsonObject(details)) return invalid('response', 'details', object);
  const response = object as unknown as FailureResponse;
  if (isErrorCode(code)) return known(response);
  return known({ ...response, code: 'INTERNAL', details: { ...details, originalCode: code } });
}

function readEvent(object: JsonObject): DecodedServerMessage {
  const { event, timestamp } = object;
  if (!isJsonObject(event) || typeof event['type'] !== 'string') return invalid('event', 'event', object);
  if (!eventTypes.has(event['type'])) return unknown({ ...object, type: 'event' });
  if (typeof timestamp !== 'string') return invalid('event', 'timestamp', object);
  if (!isOptional(object['sessionId'], 'string')) return invalid('event', 'sessionId', object);
  if (!isOptional(object['seq'], 'number')) return invalid('event', 'seq', object);
  if (!isOptional(object['correlationId'], 'string')) return invalid('event', 'correlationId', object);
  if (!isOptional(object['channel'], 'number')) return invalid('event', 'channel', object);
  return known(object as unknown as EventMessage);
}

function readDelta(object: JsonObject): DecodedServerMessage {
  for (const field of ['channel', 'seq']) {
    if (typeof object[field] !== 'number') return invalid('delta', field, object);
  }
  if (typeof object['delta'] !== 'string') return invalid('delta', 'delta', object);
  return known(object as unknown as DeltaMessage);
}

function readServerReady(object: JsonObject): DecodedServerMessage {
  const { data } = object;
  if (!isJsonObject(data)) return invalid('server_ready', 'data', object);
  for (const field of ['serverVersion', 'protocolVersion', 'connectionId']) {
    if (typeof data[field] !== 'string') return invalid('server_ready', `data.${field}`, object);
  }
  const { limits, principal, memory } = data;
  if (!isJsonObject(limits) || typeof limits['maxMessageBytes'] !== 'number') {
    return invalid('server_ready', 'data.limits', object);
  }
  if (!isJsonObject(principal) || !Array.isArray(principal['scopes'])) {
    return invalid('server_ready', 'data.principal', object);
  }
  if (!Array.isArray(data['capabilities'])) return invalid('server_ready', 'data.capabilities', object);
  const isMemory =
    isJsonObject(memory) && typeof memory['runId'] === 'string' && isOptional(memory['reachMs'], 'number');
  if (memory !== undefined && !isMemory) return invalid('server_ready', 'data.memory', object);
  return known(object as unknown as ServerReady);
}

function readRecoverySummary(object: JsonObject): DecodedServerMessage {
  if (!isJsonObject(object['data'])) return invalid('startup_recovery_summary', 'data', object);
  return known(object as unknown as StartupRecoverySummary);
}

function isOptional(value: unknown, type: 'string' | 'number'): boolean {
  return value === undefined || typeof value === type;
}

function known(message: ServerMessage): DecodedServerMessage {
  return { ok: true, message };
}

function unknown(raw: JsonObject & { readonly type: string }): DecodedServerMessage {
  return { ok: true, message: { type: 'unknown', originalType: raw.type, raw } };
}

function invalid(message: string, field: string, object: JsonObject): DecodedServerMessage {
  const { type, id } = object;
  return {
    ok: false,
    ...(type === 'response' && typeof id === 'string' && { id }),
    error: {
      code: 'INVALID_MESSAGE',
      message: `Cannot read ${message}: ${field} is missing or has the wrong type`,
      details: { field },
    },
  };
}
