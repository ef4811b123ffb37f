/** What is known of a failure of the provider of a model. */
export interface ProviderFailure {
  readonly provider: string;
  readonly model?: string;
  /** It answered with a status, it could not be reached or broke off, or it was silent for too long. */
  readonly kind: 'http' | 'network' | 'silence' | 'unknown';
  /** The status of `http`. */
  readonly status?: number;
  /** When it asked to be left alone until, from now. */
  readonly retryAfterMs?: number;
}

/** The agent cannot be run here: its package or program is missing or cannot be used. The message says what to install. */
export class AgentUnavailableError extends Error {
  override readonly name = 'AgentUnavailableError';
  readonly code = 'agent-unavailable';
}

/** The agent, its process or its provider failed. */
export class AgentFailedError extends Error {
  override readonly name = 'AgentFailedError';
  readonly code = 'agent-failed';
  /** Present when the provider of the model is to blame, and only then. */
  readonly provider: ProviderFailure | undefined;
  /** Whether the process ended while it worked. */
  readonly interrupted: boolean;

  constructor(message: string, options: ErrorOptions & { provider?: ProviderFailure; interrupted?: boolean } = {}) {
    super(message, options);
    this.provider = options.provider;
    this.interrupted = options.interrupted ?? false;
  }
}

/** This agent does not know the command. */
export class AgentUnsupportedError extends Error {
  override readonly name = 'AgentUnsupportedError';
  readonly code = 'agent-unsupported';
}

/** The agent is not in a state for the command: nothing runs that could be steered, or it is stopped. */
export class AgentStateError extends Error {
  override readonly name = 'AgentStateError';
  readonly code = 'agent-state';
}

/** Somebody has ended what the command had begun, such as a compaction. A prompt that is aborted has an outcome instead. */
export class AgentAbortedError extends Error {
  override readonly name = 'AgentAbortedError';
  readonly code = 'agent-aborted';
}

/** A field of the command means nothing to the agent, such as a model it does not know. */
export class AgentInputError extends Error {
  override readonly name = 'AgentInputError';
  readonly code = 'agent-input';
  readonly field: string;

  constructor(field: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.field = field;
  }
}

/** Any error of this package. */
export type AgentError =
  | AgentUnavailableError
  | AgentFailedError
  | AgentUnsupportedError
  | AgentStateError
  | AgentAbortedError
  | AgentInputError;

const CODES: ReadonlySet<unknown> = new Set<AgentError['code']>([
  'agent-unavailable',
  'agent-failed',
  'agent-unsupported',
  'agent-state',
  'agent-aborted',
  'agent-input',
]);

/** Whether `error` is one of this package's, also when another copy of it threw it. */
export function isAgentError(error: unknown): error is AgentError {
  return error instanceof Error && 'code' in error && CODES.has(error.code);
}
