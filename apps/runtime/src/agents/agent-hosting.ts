import type { AgentBackend } from '@sessiond/agent-core';
import type { AgentEnvironment } from './agent-environment.ts';
import type { AgentObserver } from './agent-observer.ts';
import type { AgentShell } from './agent-shell.ts';

/** What the host of sessions needs to run agents, and what they get when a client names nothing. */
export interface AgentHosting {
  /** The kinds of agents there are, by the name that `create_session` calls them. Loaded on first use. */
  readonly backends: ReadonlyMap<string, AgentBackend>;
  /** Absolute paths of the folders below which conversations may be loaded by the path of their file. */
  readonly roots: readonly string[];
  /** What an agent and its tools find in their environment, with what the session asks for. */
  readonly environment: (requested?: Readonly<Record<string, string>>) => AgentEnvironment;
  /** Told of their dialogs and of gaps in their events, which are the host's; the rest is told by the backends. */
  readonly observer: AgentObserver;
  /** Runs the commands of their tools. */
  readonly shell: Pick<AgentShell, 'run'>;
  /** Ends and forgets the terminals that an agent has left open; resolves when their programs are gone. */
  readonly endTerminals: (sessionId: string) => Promise<void>;
  /** Sessions of agents, finished ones included. */
  readonly maxSessions: number;
  /** How long an agent has to end its work when it is aborted. */
  readonly abortMs: number;
  /** How long a question waits that does not say so itself; `null` for as long as the session. */
  readonly dialogTimeoutMs: number | null;
  readonly maxDialogsPerSession: number;
  readonly maxDialogs: number;
  /** Events, and bytes of them, that are kept per agent. */
  readonly logEvents: number;
  readonly logBytes: number;
}
