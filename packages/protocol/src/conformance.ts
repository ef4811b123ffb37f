// For tests and tools: what a server's messages must look like, checked and as JSON Schema. A daemon does not need it at run time.
export type { EventContract } from './event-contract.ts';
export { eventContracts } from './event-contracts.ts';
export { clientMessageJsonSchema, type JsonSchema, jsonSchemaOf, serverMessageJsonSchema } from './json-schema.ts';
export { nonconformity } from './nonconformity.ts';
