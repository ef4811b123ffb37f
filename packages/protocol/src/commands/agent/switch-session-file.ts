import * as z from 'zod';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { flag, object, sessionId } from '../../fields.ts';
import { workingDirectory } from '../../process-fields.ts';

/** Goes to another conversation on disk. */
export interface SwitchSessionFileCommand extends SessionCommandEnvelope {
  readonly type: 'switch_session_file';
  /** Absolute; below the folders the server allows. */
  readonly sessionPath: string;
}

/** The conversation it has now. */
export interface SwitchSessionFileData {
  readonly sessionId: string;
  /** Whether something in the agent prevented it. */
  readonly cancelled: boolean;
  readonly sessionFile?: string;
}

/** Contract of `switch_session_file`. */
export const switchSessionFile: CommandContract<SwitchSessionFileCommand, SwitchSessionFileData> = contract({
  type: 'switch_session_file',
  summary: 'Goes to another conversation on disk, with the same rules as `load_session`.',
  appliesTo: 'agent',
  lane: 'data',
  mutates: true,
  journalled: true,
  scope: 'sessions:write',
  timeoutClass: 'spawn',
  journalKeeps: [],
  example: {
    type: 'switch_session_file',
    id: 'c-89',
    sessionId: 'agent-1',
    sessionPath: '/srv/pi/sessions/a.jsonl',
  },
  exampleData: { sessionId: 'agent-1', cancelled: false },
  schema: () => sessionCommand<SwitchSessionFileCommand>('switch_session_file', { sessionPath: workingDirectory }),
  dataSchema: () => object<SwitchSessionFileData>({ sessionId, cancelled: flag }, { sessionFile: z.string() }),
});
