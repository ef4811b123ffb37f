import { agentWord } from '../../agent/agent-model.ts';
import { type StoredSession, storedSession } from '../../agent/stored-session.ts';
import { type CommandContract, type CommandEnvelope, contract, serverCommand } from '../../contract.ts';
import { flag, integer, list, object } from '../../fields.ts';
import { workingDirectory } from '../../process-fields.ts';

/** Asks which conversations of agents there are on disk. */
export interface ListStoredSessionsCommand extends CommandEnvelope {
  readonly type: 'list_stored_sessions';
  /** Only of this kind of agent. */
  readonly backend?: string;
  /** Only of this working directory. */
  readonly cwd?: string;
  /** Default 100. */
  readonly limit?: number;
}

/** The conversations, newest first. */
export interface ListStoredSessionsData {
  readonly sessions: readonly StoredSession[];
  /** Whether there are more. */
  readonly truncated: boolean;
}

/** Contract of `list_stored_sessions`. */
export const listStoredSessions: CommandContract<ListStoredSessionsCommand, ListStoredSessionsData> = contract({
  type: 'list_stored_sessions',
  summary: 'Lists conversations of agents that were kept on disk, newest first, and whether a session has them open.',
  appliesTo: 'server',
  scope: 'sessions:create',
  timeoutClass: 'spawn',
  example: { type: 'list_stored_sessions', id: 'c-91' },
  exampleData: { sessions: [], truncated: false },
  schema: () =>
    serverCommand<ListStoredSessionsCommand>(
      'list_stored_sessions',
      {},
      { backend: agentWord, cwd: workingDirectory, limit: integer(1, 1000) },
    ),
  dataSchema: () => object<ListStoredSessionsData>({ sessions: list(storedSession, 1000), truncated: flag }),
});
