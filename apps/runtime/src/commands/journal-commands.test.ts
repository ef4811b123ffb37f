import { expect, it } from 'vitest';
import type { Principal } from '../auth/auth-provider.ts';
import type { CommandContext } from './command-context.ts';
import { journalCommands } from './journal-commands.ts';

const records = [{ sessionId: 'demo-1' }, { sessionId: 'other' }, {}];

function contextOf(principal: Principal, asked: (string | undefined)[] = []): CommandContext {
  const journal = {
    recovery: { journal: 'sync' },
    interrupted: (principalId?: string) => {
      asked.push(principalId);
      return records;
    },
    history: async (_query: object, principalId?: string) => {
      asked.push(principalId);
      return { entries: records, cursor: '7' };
    },
  };
  return { issuer: { principal }, server: { journal } } as unknown as CommandContext;
}

it('tells everybody of their own records and an administrator of all', async () => {
  const asked: (string | undefined)[] = [];
  for (const principal of [
    { id: 'ada', scopes: ['sessions:read'] },
    { id: 'root', scopes: ['admin'] },
  ]) {
    const context = contextOf(principal, asked);
    await journalCommands.get_startup_recovery({ type: 'get_startup_recovery' }, context);
    await journalCommands.get_command_history({ type: 'get_command_history' }, context);
  }
  expect(asked).toEqual(['ada', 'ada', undefined, undefined]);
});

it('tells nobody of sessions beyond the patterns they are confined to, administrators included', async () => {
  const context = contextOf({ id: 'root', scopes: ['admin'], within: ['demo-*'] });
  const { interruptedCommands } = await journalCommands.get_startup_recovery({ type: 'get_startup_recovery' }, context);
  expect(interruptedCommands).toEqual([{ sessionId: 'demo-1' }]);
  expect(await journalCommands.get_command_history({ type: 'get_command_history' }, context)).toEqual({
    entries: [{ sessionId: 'demo-1' }],
    cursor: '7',
  });
});
