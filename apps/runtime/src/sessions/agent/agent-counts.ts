import type { BackendSnapshot } from '@sessiond/agent-core';
import type { AgentPhase } from '@sessiond/protocol';

/** Sizes at the moment of what lies behind the sessions of agents. */
export interface AgentCounts {
  /** Sessions that can be addressed. */
  readonly sessions: number;
  /** Dialogs that wait for an answer. */
  readonly pendingDialogs: number;
  /** Events that are kept, and that may be, also those of removed sessions that somebody still reads. */
  readonly logBytes: number;
  readonly logLimitBytes: number;
  /** One for each kind of agent. */
  readonly backends: readonly AgentBackendCounts[];
}

/** The agents of one kind. */
export interface AgentBackendCounts extends BackendSnapshot {
  readonly name: string;
  /** Sessions whose agent is in a phase; a phase that none is in is absent. */
  readonly phases: Readonly<Partial<Record<AgentPhase, number>>>;
}
