import { type AgentError, isAgentError } from '@sessiond/agent-core';
import { type ErrorCode, ProtocolError } from '@sessiond/protocol';

const CODES: Readonly<Record<AgentError['code'], ErrorCode>> = {
  'agent-unavailable': 'AGENT_UNAVAILABLE',
  'agent-failed': 'AGENT_FAILED',
  'agent-unsupported': 'INVALID_STATE',
  'agent-state': 'INVALID_STATE',
  'agent-aborted': 'CANCELLED',
  'agent-input': 'INVALID_COMMAND',
};

/** What a client is told when an agent refuses or fails; anything unexpected stays what it is, so that it is logged as a defect. */
export function toProtocolError(error: unknown): unknown {
  if (!isAgentError(error)) return error;
  return new ProtocolError(CODES[error.code], error.message, { cause: error, details: detailsOf(error) });
}

/** Does something with an agent. Rejects with what {@link toProtocolError} makes of its refusal. */
export async function asProtocolErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toProtocolError(error);
  }
}

function detailsOf(error: AgentError): Record<string, unknown> | undefined {
  if (error.code === 'agent-input') return { field: error.field };
  if (error.code !== 'agent-failed') return undefined;
  const { provider, interrupted } = error;
  if (provider === undefined && !interrupted) return undefined;
  return { ...(provider !== undefined && { provider }), ...(interrupted && { interrupted }) };
}
