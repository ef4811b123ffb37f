import { ProtocolError } from '@sessiond/protocol/client';
import { expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { runningAgent } from './running-agent.ts';

type Client = Parameters<typeof runningAgent>[0];
const signal = new AbortController().signal;
const LOST = { kind: 'agent', state: 'stopped', exit: { reason: 'lost' } };
const RUNS = { kind: 'agent', state: 'idle' };

/** A daemon that says these things, one after the other, and what it was asked. */
function daemon(answers: readonly (object | Error)[]): { client: Client; asked: string[] } {
  const asked: string[] = [];
  const rest = [...answers];
  const request = async (type: string): Promise<unknown> => {
    asked.push(type);
    const answer = rest.shift();
    if (answer === undefined || answer instanceof Error) throw answer ?? new Error(`unexpected ${type}`);
    return answer;
  };
  return { client: { request } as Client, asked };
}

it('leaves alone what runs, and what is over for good', async () => {
  for (const state of [RUNS, { kind: 'agent', state: 'stopped', exit: { reason: 'terminated' } }]) {
    const { client, asked } = daemon([state]);
    expect(await runningAgent(client, 'a', signal)).toBe(false);
    expect(asked).toEqual(['get_state']);
  }
});

it.each(['lost', 'shutdown'])(
  'takes up what ended with an earlier run of the daemon, if that was %s',
  async (reason) => {
    const { client, asked } = daemon([{ ...LOST, exit: { reason } }, {}]);
    expect(await runningAgent(client, 'a', signal)).toBe(true);
    expect(asked).toEqual(['get_state', 'load_session']);
  },
);

it('waits for somebody else who is taking it up', async () => {
  const busy = new ProtocolError('SESSION_BUSY', 'Cannot open the conversation: it is open');
  expect(await runningAgent(daemon([LOST, busy, RUNS]).client, 'a', signal)).toBe(true);
  const runs = new ProtocolError('INVALID_STATE', 'Cannot load the session: its agent runs');
  expect(await runningAgent(daemon([LOST, runs, RUNS]).client, 'a', signal)).toBe(true);
});

it('tells why it cannot be taken up', async () => {
  const nothing = new ProtocolError('INVALID_STATE', 'Cannot load the session: its agent has kept nothing');
  await expect(runningAgent(daemon([LOST, nothing, LOST]).client, 'a', signal)).rejects.toBe(nothing);
  const missing = new ProtocolError('AGENT_UNAVAILABLE', 'Cannot start agent: pi is not installed');
  await expect(runningAgent(daemon([LOST, missing]).client, 'a', signal)).rejects.toBe(missing);
});

it('refuses a terminal', async () => {
  await expect(runningAgent(daemon([{ kind: 'pty' }]).client, 'a', signal)).rejects.toThrow(UsageError);
});
