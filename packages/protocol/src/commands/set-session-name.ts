import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../contract.ts';
import { object, sessionId } from '../fields.ts';
import { sessionName } from '../session-fields.ts';

/** Gives a session a name for people. */
export interface SetSessionNameCommand extends SessionCommandEnvelope {
  readonly type: 'set_session_name';
  readonly name: string;
}

/** The name the session now has. */
export interface SetSessionNameData {
  readonly sessionId: string;
  readonly name: string;
}

/** Contract of `set_session_name`. */
export const setSessionName: CommandContract<SetSessionNameCommand, SetSessionNameData> = contract({
  type: 'set_session_name',
  summary: 'Names a session; names are for people and need not be unique.',
  appliesTo: 'session',
  scope: 'sessions:write',
  mutates: true,
  journalled: true,
  // The name is nowhere but in the memory of the server and on the very record.
  recordedFirst: false,
  journalKeeps: ['name'],
  example: { type: 'set_session_name', id: 'c-12', sessionId: 'build', name: 'Nightly build' },
  exampleData: { sessionId: 'build', name: 'Nightly build' },
  schema: () => sessionCommand<SetSessionNameCommand>('set_session_name', { name: sessionName }),
  dataSchema: () => object<SetSessionNameData>({ sessionId, name: sessionName }),
});
