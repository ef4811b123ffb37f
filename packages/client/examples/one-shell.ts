import { connect } from '@sessiond/client/node';

const client = await connect({ socketPath: process.env['SESSIOND_SOCKET']! });
const { sessionId } = await client.request('create_session', { kind: 'pty', pty: { command: 'sh' } });
const attachment = await client.attach(sessionId);
await attachment.write(new TextEncoder().encode('echo hello; exit 3\r'));
for await (const chunk of attachment) {
  if (chunk.kind === 'bytes') process.stdout.write(chunk.bytes);
  if (chunk.kind === 'gap') console.error(`bytes ${chunk.from} to ${chunk.to} are gone`);
}
const { exit } = await client.request('get_state', { sessionId });
console.log(exit); // { exitCode: 3, signal: null, reason: 'exited' }
await client.close();
