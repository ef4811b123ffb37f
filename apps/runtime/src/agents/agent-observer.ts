import type { ProviderFailure } from '@sessiond/agent-core';
import type { DialogEnd } from '@sessiond/protocol';

/**
 * How a prompt ended: the agent was done, somebody or its deadline aborted it, the provider of the model failed, the process of the agent died, or
 * something else was wrong.
 */
export type PromptEnding = 'done' | 'aborted' | 'provider-failed' | 'interrupted' | 'failed';

/** Told what becomes of agents, in plain values: no session, no model. Must not throw and must be quick. */
export interface AgentObserver {
  promptEnded(backend: string, ending: PromptEnding, durationMs: number): void;
  /** The first piece of the answer to a prompt came. */
  firstToken(backend: string, elapsedMs: number): void;
  providerFailed(kind: ProviderFailure['kind']): void;
  /** An agent was opened, or could not be. */
  opened(backend: string, result: 'opened' | 'unavailable' | 'failed'): void;
  dialogEnded(end: DialogEnd): void;
  /** A follower was told of events it was not given. */
  gapTold(events: number): void;
}

/** Observes nothing. */
export const unobservedAgents: AgentObserver = Object.freeze({
  promptEnded() {},
  firstToken() {},
  providerFailed() {},
  opened() {},
  dialogEnded() {},
  gapTold() {},
});
