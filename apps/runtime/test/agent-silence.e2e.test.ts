/** A provider that accepts what it is asked and never says anything. */
import { expect, it } from 'vitest';
import { startAgent } from './agent-client.ts';
import { shareDaemon } from './shared-daemon.ts';

const { connect } = shareDaemon({ flags: ['--no-tcp', '--agent-backends', 'fake', '--agent-first-token-ms', '300'] });

it('[S32] is given up after a while, fails the prompts, and is not asked any more for a while', async () => {
  const client = await connect();
  const sessions = await Promise.all(Array.from({ length: 5 }, () => startAgent(client)));
  const failed = await Promise.all(
    sessions.map((sessionId) => client.command('prompt', { sessionId, message: 'slow 600000' })),
  );
  for (const answer of failed) {
    expect(answer).toMatchObject({
      code: 'AGENT_FAILED',
      details: { provider: { provider: 'fake', model: 'small', kind: 'silence' } },
    });
  }
  const state = await client.ask('get_state', { sessionId: sessions[0]! });
  expect(state).toMatchObject({ state: 'idle', lastError: expect.stringContaining('said nothing within 300 ms') });
  expect(await client.command('prompt', { sessionId: sessions[0]!, message: 'echo hello' })).toMatchObject({
    code: 'CIRCUIT_OPEN',
    details: { breaker: 'provider' },
  });
});
