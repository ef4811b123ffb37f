import type { Command, SessionInfo } from '@sessiond/protocol';
import { expect, it } from 'vitest';
import type { CommandContext, CommandIssuer } from './command-context.ts';
import { sessionCommands } from './session-commands.ts';

/** Switches to a terminal, while `meanwhile` happens at the host. */
async function switchTo(signal: AbortSignal, meanwhile: () => void = () => {}) {
  const followed: string[] = [];
  const issuer = {
    follow: (sessionId: string) => {
      followed.push(sessionId);
      return () => followed.pop();
    },
  } as unknown as CommandIssuer;
  const host = {
    follow: async () => {
      meanwhile();
      return { seq: 3, session: { kind: 'pty' } as SessionInfo };
    },
  };
  const command: Command<'switch_session'> = { type: 'switch_session', sessionId: 'a' };
  const context = { host, issuer, signal } as unknown as CommandContext;
  const outcome = await Promise.resolve(sessionCommands.switch_session(command, context)).catch(
    (error: unknown) => error,
  );
  return { followed, outcome };
}

it('follows a session from the answer on', async () => {
  expect(await switchTo(new AbortController().signal)).toMatchObject({
    followed: ['a'],
    outcome: { sessionId: 'a', seq: 3 },
  });
});

it('does not follow a session for a command that was answered with something else meanwhile', async () => {
  const abort = new AbortController();
  const reason = new Error('cancelled');
  expect(await switchTo(abort.signal, () => abort.abort(reason))).toEqual({ followed: [], outcome: reason });
});
