import * as z from 'zod';
import { agentEventContracts } from './agent/agent-event-contracts.ts';
import { bashEventContracts } from './bash-event-contracts.ts';
import type { EventContract, EventContracts } from './event-contract.ts';
import type { EventMessage, EventType } from './events.ts';
import { id, integer, object, offset, oneOf, sessionId, timestamp } from './fields.ts';
import { ptyEventContracts } from './pty-event-contracts.ts';
import { serverEventContracts } from './server-event-contracts.ts';

const contractByType: EventContracts<EventType> = {
  ...ptyEventContracts,
  ...bashEventContracts,
  ...agentEventContracts,
  ...serverEventContracts,
};

/** Every event contract by type, in the order of the documentation. */
export const eventContracts: ReadonlyMap<string, EventContract> = new Map(Object.entries(contractByType));

type EventEnvelope = Omit<EventMessage, 'event'>;

/** Schema of the envelope of an event, with any event in it. */
export const eventEnvelopeSchema: z.ZodType<EventEnvelope & { readonly event: object }> = object<
  EventEnvelope & { readonly event: object }
>(
  { type: oneOf(['event']), timestamp, event: z.looseObject({}) },
  { sessionId, seq: offset, correlationId: id, channel: integer(0, 0xffff_ffff) },
);
