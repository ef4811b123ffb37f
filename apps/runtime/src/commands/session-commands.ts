import { type PtyEvent, sessionEvent } from '@sessiond/protocol';
import type { CommandHandlers } from './command-context.ts';

/** Commands about one session of any kind. */
export const sessionCommands: Pick<
  CommandHandlers,
  'attach' | 'detach' | 'switch_session' | 'unsubscribe' | 'get_state' | 'set_session_name'
> = {
  attach: (command, { issuer, signal }) => issuer.attach(command, signal),
  detach: async ({ sessionId }, { issuer }) => issuer.detach(sessionId),
  switch_session: async ({ sessionId, after }, { host, issuer, signal }) => {
    // First, or what happens while the host answers would be missed.
    const undo = issuer.follow(sessionId);
    try {
      const { seq, session, events } = await host.follow(sessionId, after);
      // Answered already, with something else.
      signal.throwIfAborted();
      // An agent's events come out of its log, the remembered ones as well as the later ones.
      if (session.kind === 'agent')
        return { sessionId, seq: await issuer.followLog(sessionId, after, signal), session };
      const messages = events?.map((event) => sessionEvent(event, event.event as PtyEvent));
      return { sessionId, seq, session, ...(messages !== undefined && { events: messages }) };
    } catch (error) {
      undo();
      throw error;
    }
  },
  unsubscribe: async ({ sessionId }, { issuer }) => {
    issuer.unfollow(sessionId);
    return { sessionId };
  },
  get_state: ({ sessionId }, { host }) => host.state(sessionId),
  set_session_name: async ({ sessionId, name }, { host, signal }) => {
    await host.rename(sessionId, name, signal);
    return { sessionId, name };
  },
};
