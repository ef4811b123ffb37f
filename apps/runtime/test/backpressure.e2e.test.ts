import { expect, it } from 'vitest';
import { shareDaemon } from './shared-daemon.ts';

const MAX_GROWTH_BYTES = 64 * 1024 * 1024;

const shared = shareDaemon({ flags: ['--no-tcp'] });

it('does not store answers for a client that sends commands and reads nothing', async () => {
  const other = await shared.connect();
  const sessionId = await other.runRaw('head -c 1000000 /dev/zero; printf end; read line');
  await other.ask('wait_for', { sessionId, text: 'end' });
  const greedy = await shared.connect();
  const before = shared.daemon.rssBytes();
  greedy.wire.ws.pause();
  const command = JSON.stringify({ type: 'read_output', sessionId, maxBytes: 1_000_000 });
  for (let sent = 0; sent < 20_000; sent++) greedy.wire.send(sent % 2 === 0 ? command : '{broken');
  for (let asked = 0; asked < 100; asked++) await other.ask('health_check');
  expect(shared.daemon.rssBytes() - before).toBeLessThan(MAX_GROWTH_BYTES);
  greedy.cut();
  await other.ask('delete_session', { sessionId, gracePeriodMs: 0 });
});
