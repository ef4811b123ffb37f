import { COMMAND_ID, CommandClient } from './command-client.ts';
import { type CommandServer, SESSION_ID } from './command-server.ts';

/** Creates the session that the commands of a bench are for. */
export async function createSession({ port }: Pick<CommandServer, 'port'>): Promise<void> {
  const command = {
    type: 'create_session',
    id: COMMAND_ID,
    sessionId: SESSION_ID,
    kind: 'pty',
    pty: { command: 'cat', cols: 80, rows: 24 },
  };
  const client = await CommandClient.open({ port, path: '/v1/ws' }, JSON.stringify(command));
  await client.run(1, 1);
  client.close();
}
