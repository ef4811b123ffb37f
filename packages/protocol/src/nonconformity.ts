import type * as z from 'zod';
import { deltaMessageSchema } from './agent/delta-message.ts';
import { checkFields } from './check-fields.ts';
import { commandContracts } from './command-registry.ts';
import { eventContracts, eventEnvelopeSchema } from './event-contracts.ts';
import { serverReadySchema } from './handshake.ts';
import { isJsonObject, type JsonObject, parseJsonObject } from './json-object.ts';
import { startupRecoverySummarySchema } from './recovery-summary.ts';
import { failureResponseSchema, successResponseSchema } from './response-schemas.ts';

/**
 * What is wrong with a server's message by the letter of this version, or `undefined`.
 *
 * For the tests of servers: checks envelope and payload of every message, and refuses what {@link decodeServerMessage} lets a
 * newer server do, such as fields nobody named. The answer names the first field that is wrong. Never throws.
 */
export function nonconformity(text: string): string | undefined {
  const parsed = parseJsonObject(text);
  if (!parsed.ok) return parsed.error.message;
  const { object } = parsed;
  switch (object.type) {
    case 'server_ready':
      return wrongField('server_ready', object, serverReadySchema);
    case 'startup_recovery_summary':
      return wrongField('startup_recovery_summary', object, startupRecoverySummarySchema);
    case 'response':
      return object['success'] === true ? inSuccess(object) : wrongField('response', object, failureResponseSchema);
    case 'event':
      return inEvent(object);
    case 'delta':
      return wrongField('delta', object, deltaMessageSchema);
    default:
      return 'no message of this type is known';
  }
}

function inSuccess(object: JsonObject): string | undefined {
  const contract = commandContracts.get(String(object['command']));
  if (contract === undefined) return 'response: no command of this type is known';
  const { data } = object;
  if (!isJsonObject(data)) return `response to ${contract.type}: data must be an object`;
  return (
    wrongField(`response to ${contract.type}`, object, successResponseSchema) ??
    wrongField(`data of ${contract.type}`, data, contract.dataSchema as z.ZodType<object>)
  );
}

function inEvent(object: JsonObject): string | undefined {
  const { event } = object;
  if (!isJsonObject(event)) return 'event: event must be an object';
  const contract = eventContracts.get(String(event['type']));
  if (contract === undefined) return 'event: no event of this type is known';
  return (
    wrongField('event', object, eventEnvelopeSchema) ?? wrongField(`event ${contract.type}`, event, contract.schema)
  );
}

function wrongField(what: string, object: JsonObject, schema: z.ZodType<object>): string | undefined {
  const checked = checkFields(object, schema, 'refused');
  return checked.ok ? undefined : `${what}: ${checked.field} ${checked.requirement}`;
}
