import * as z from 'zod';
import { deltaMessageSchema } from './agent/delta-message.ts';
import { commandContracts } from './command-registry.ts';
import { eventContracts, eventEnvelopeSchema } from './event-contracts.ts';
import { helloSchema, serverReadySchema } from './handshake.ts';
import type { JsonObject } from './json-object.ts';
import { startupRecoverySummarySchema } from './recovery-summary.ts';
import { failureResponseSchema, successResponseSchema } from './response-schemas.ts';
import { PROTOCOL_VERSION } from './version.ts';

/** A JSON Schema document of draft 2020-12. */
export interface JsonSchema extends JsonObject {
  readonly $defs: Readonly<Record<string, JsonObject>>;
}

/**
 * The JSON Schema of everything a client sends as text.
 *
 * Unknown fields are allowed, as they are on the wire. `$defs` holds one schema per message, by its `type`. What a schema
 * cannot say, for example that a pattern must compile, is in the documentation only.
 */
export function clientMessageJsonSchema(): JsonSchema {
  const definitions: [string, z.ZodType][] = [['hello', helloSchema]];
  for (const { type, schema } of commandContracts.values()) definitions.push([type, schema]);
  return document('Messages of a client', new Map(definitions.map(([name, schema]) => [name, jsonSchemaOf(schema)])));
}

/**
 * The JSON Schema of everything a server sends as text.
 *
 * `$defs` holds `server_ready`, `startup_recovery_summary`, `failure`, one `response.<command>` per command, one `event.<type>` per event, and `delta`. A reader must
 * also accept messages that are none of these, and ignore them.
 */
export function serverMessageJsonSchema(): JsonSchema {
  const definitions = new Map<string, JsonObject>();
  definitions.set('server_ready', jsonSchemaOf(serverReadySchema));
  definitions.set('startup_recovery_summary', jsonSchemaOf(startupRecoverySummarySchema));
  definitions.set('failure', jsonSchemaOf(failureResponseSchema));
  for (const { type, dataSchema } of commandContracts.values()) {
    const fields = { command: { type: 'string', const: type }, data: jsonSchemaOf(dataSchema) };
    definitions.set(`response.${type}`, withFields(jsonSchemaOf(successResponseSchema), fields));
  }
  for (const { type, schema } of eventContracts.values()) {
    definitions.set(`event.${type}`, withFields(jsonSchemaOf(eventEnvelopeSchema), { event: jsonSchemaOf(schema) }));
  }
  definitions.set('delta', jsonSchemaOf(deltaMessageSchema));
  return document('Messages of a server', definitions);
}

/** The JSON Schema of one schema, as a part of a larger document. */
export function jsonSchemaOf(schema: z.ZodType): JsonObject {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest;
}

function withFields(schema: JsonObject, fields: JsonObject): JsonObject {
  return { ...schema, properties: { ...(schema['properties'] as JsonObject), ...fields } };
}

function document(title: string, definitions: ReadonlyMap<string, JsonObject>): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `sessiond protocol ${PROTOCOL_VERSION}: ${title}`,
    anyOf: [...definitions.keys()].map((name) => ({ $ref: `#/$defs/${name}` })),
    $defs: Object.fromEntries(definitions),
  };
}
