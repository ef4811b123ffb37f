import {
  AgentAbortedError,
  type AgentError,
  AgentFailedError,
  AgentInputError,
  AgentStateError,
  AgentUnavailableError,
  AgentUnsupportedError,
  isAgentError,
  type ProviderFailure,
} from '../../errors.ts';

/** An error of this package as it travels between two processes. */
export interface WireError {
  readonly code: AgentError['code'];
  readonly message: string;
  /** Of `agent-input`. */
  readonly field?: string;
  /** Of `agent-failed`. */
  readonly provider?: ProviderFailure;
  readonly interrupted?: true;
}

/** What the other side is told of an error; one that is not of this package is `agent-failed` with its message. */
export function toWireError(error: unknown): WireError {
  if (!isAgentError(error)) {
    return {
      code: 'agent-failed',
      message: error instanceof Error ? error.message : 'it failed for an unknown reason',
    };
  }
  const { code, message } = error;
  if (error.code === 'agent-input') return { code, message, field: error.field };
  if (error.code !== 'agent-failed') return { code, message };
  return {
    code,
    message,
    ...(error.provider === undefined ? {} : { provider: error.provider }),
    ...(error.interrupted ? { interrupted: true } : {}),
  };
}

/** The error that {@link toWireError} was given. */
export function fromWireError(error: WireError): AgentError {
  switch (error.code) {
    case 'agent-unavailable':
      return new AgentUnavailableError(error.message);
    case 'agent-unsupported':
      return new AgentUnsupportedError(error.message);
    case 'agent-state':
      return new AgentStateError(error.message);
    case 'agent-aborted':
      return new AgentAbortedError(error.message);
    case 'agent-input':
      return new AgentInputError(error.field ?? '', error.message);
    case 'agent-failed':
      return new AgentFailedError(error.message, {
        ...(error.provider === undefined ? {} : { provider: error.provider }),
        interrupted: error.interrupted ?? false,
      });
  }
}
