import { ProtocolError } from '@sessiond/protocol';
import type { CommandHandlers } from './command-context.ts';

/** Commands that run a shell beside the terminal of a session. */
export const bashCommands: Pick<CommandHandlers, 'bash' | 'abort_bash'> = {
  bash: async () => {
    throw new ProtocolError('INVALID_STATE', 'Cannot run bash: this server has no shells yet');
  },
  abort_bash: async ({ sessionId }) => ({ sessionId, aborted: false }),
};
