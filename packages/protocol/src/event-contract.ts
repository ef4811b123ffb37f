import * as z from 'zod';
import type { AgentEventMap } from './agent/agent-events.ts';
import type { BashEventMap, EventType, KnownEvent, ServerEventMap } from './events.ts';
import { type FieldArguments, fromShape, type Shape, shape } from './fields.ts';

/** What is to be known about one event. */
export interface EventContract<T extends EventType = EventType> {
  readonly type: T;
  /** One sentence for the documentation. */
  readonly summary: string;
  readonly schema: z.ZodType<KnownEvent>;
}

/** The contract of each of some events by its type. */
export type EventContracts<T extends EventType> = { readonly [K in T]: EventContract<K> };

type UnlabelledEventMap = BashEventMap & AgentEventMap & ServerEventMap;

/** The contract of an event that tells nothing but its own fields, which the compiler checks in both directions. */
export function eventContract<T extends keyof UnlabelledEventMap>(
  type: T,
  summary: string,
  ...own: FieldArguments<UnlabelledEventMap[T]>
): EventContract<T> {
  return eventContractFromShape(type, summary, shape(own));
}

/** The contract of an event whose fields were put together; the caller answers for their being those of the type. */
export function eventContractFromShape<T extends EventType>(type: T, summary: string, fields: Shape): EventContract<T> {
  return Object.freeze({ type, summary, schema: fromShape<KnownEvent>({ type: z.literal(type), ...fields }) });
}
