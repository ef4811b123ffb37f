import type { CommandHandlers } from './command-context.ts';

/** Commands about one session of any kind. */
export const sessionCommands: Pick<
  CommandHandlers,
  'attach' | 'detach' | 'switch_session' | 'unsubscribe' | 'get_state' | 'set_session_name'
> = {
  attach: (command, { issuer, signal }) => issuer.attach(command, signal),
  detach: async ({ sessionId }, { issuer }) => issuer.detach(sessionId),
  switch_session: async ({ sessionId }, { host, issuer }) => {
    const { seq, session } = await host.follow(sessionId);
    issuer.follow(sessionId);
    return { sessionId, seq, session };
  },
  unsubscribe: async ({ sessionId }, { issuer }) => {
    issuer.unfollow(sessionId);
    return { sessionId };
  },
  get_state: ({ sessionId }, { host }) => host.get(sessionId),
  set_session_name: async ({ sessionId, name }, { host }) => {
    await host.rename(sessionId, name);
    return { sessionId, name };
  },
};
