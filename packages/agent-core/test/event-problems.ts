import type { AgentEvent } from '@sessiond/protocol';
import { eventContracts } from '@sessiond/protocol/conformance';

/** What the protocol does not allow in an event, with the event's type; empty if it is one of the protocol's. */
export function eventProblems(event: AgentEvent): string[] {
  const contract = eventContracts.get(event.type);
  if (contract === undefined) return [`${event.type}: the protocol has no such event`];
  const { error } = contract.schema.safeParse(event);
  return (error?.issues ?? []).map(({ path, message }) => `${event.type}: ${path.join('.')} ${message}`);
}
