import { type StoredSession, storedSession } from '../../agent/stored-session.ts';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { list, object } from '../../fields.ts';

/** Asks which conversations there are for the working directory of a session. */
export interface ListSessionFilesCommand extends SessionCommandEnvelope {
  readonly type: 'list_session_files';
}

/** The conversations, newest first. */
export interface ListSessionFilesData {
  readonly sessions: readonly StoredSession[];
}

/** Contract of `list_session_files`. */
export const listSessionFiles: CommandContract<ListSessionFilesCommand, ListSessionFilesData> = contract({
  type: 'list_session_files',
  summary:
    'Lists the stored conversations of the working directory of a session, newest first, at most 1,000: what `switch_session_file` can go to.',
  appliesTo: 'agent',
  scope: 'sessions:read',
  timeoutClass: 'spawn',
  example: { type: 'list_session_files', id: 'c-71', sessionId: 'agent-1' },
  exampleData: { sessions: [] },
  schema: () => sessionCommand<ListSessionFilesCommand>('list_session_files'),
  dataSchema: () => object<ListSessionFilesData>({ sessions: list(storedSession, 1000) }),
});
