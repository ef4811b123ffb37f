import { type BashEvent, type Command, type ServerEvent, serverEvent, sessionEvent } from '@sessiond/protocol';
import type { BashListener, SessionEvent } from '../sessions/session-host.ts';
import type { CommandContext, CommandHandlers } from './command-context.ts';

/** Commands that run a shell beside the terminal of a session. */
export const bashCommands: Pick<CommandHandlers, 'bash' | 'abort_bash'> = {
  bash: (command: Command<'bash'>, context) => {
    const { host, issuer, cause, signal } = context;
    issuer.assertMayDrive(command.sessionId);
    return host.bash(command, listenerOf(context, command.sessionId), cause, signal);
  },
  abort_bash: async ({ sessionId }, { host, issuer, cancelBeginning }) => {
    issuer.assertMayDrive(sessionId);
    // Both are asked in this turn of the event loop, so that none slips through by beginning in between.
    const aborted = await Promise.all([host.abortBash(sessionId), cancelBeginning('bash', sessionId)]);
    return { sessionId, aborted: aborted.includes(true) };
  },
};

/**
 * Tells the issuer everything, no faster than it reads. Once the command is aborted nobody waits for it any more: output that it does not read then is
 * left out, which the offsets show.
 */
function listenerOf({ issuer, signal }: CommandContext, sessionId: string): BashListener {
  let isBehind = false;
  return {
    connectionId: issuer.connectionId,
    tell: (event) => {
      if (issuer.closed || (isBehind && event.event.type === 'bash.output')) return undefined;
      // It finds what has a number in the log of an agent that it follows.
      if (event.seq > 0 && issuer.readsLog(sessionId)) return undefined;
      if (issuer.tell(messageOf(event))) return undefined;
      return issuer.drained(signal).then(() => {
        isBehind = signal.aborted;
      });
    },
  };
}

function messageOf(event: SessionEvent): object {
  return event.seq > 0
    ? sessionEvent(event, event.event as BashEvent)
    : serverEvent(event, event.event as BashEvent | ServerEvent);
}
