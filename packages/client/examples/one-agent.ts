import { connect } from '@sessiond/client/node';

const client = await connect({ socketPath: process.env['SESSIOND_SOCKET']! });
const agent = { backend: process.env['AGENT'] ?? 'pi' };
const { sessionId } = await client.request('create_session', { kind: 'agent', agent });
const feed = await client.follow(sessionId);
const turn = client.request('prompt', { sessionId, message: 'Say hello.' });
for await (const item of feed) {
  if (item.kind === 'gap') console.error(`events ${item.from} to ${item.to} are gone`);
  else if (item.event.type === 'message_update') {
    const piece = item.event.assistantMessageEvent;
    if (piece.type === 'text_delta') process.stdout.write(piece.delta);
  } else if (item.event.type === 'agent_end') break;
}
const { stopReason } = await turn; // rejects with AGENT_FAILED when the provider fails
console.log(`\n${stopReason}`);
await client.close();
