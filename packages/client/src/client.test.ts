import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { TestDaemon, type TestDaemonOptions } from '../test/test-daemon.ts';
import { Client } from './client.ts';
import type { ClientOptions } from './client-options.ts';
import type { ClientState } from './client-state.ts';
import { isClientError } from './errors.ts';
import { nodeDialer } from './transports/node.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(options: ClientOptions = {}, daemonOptions: TestDaemonOptions = {}) {
  const daemon = await new TestDaemon(daemonOptions).listen();
  cleanups.push(() => daemon.stop());
  const fast = { initialDelayMs: 1, maxDelayMs: 5, deadlineMs: 10_000 };
  const client = await Client.open(nodeDialer({ url: daemon.url }), { reconnect: fast, ...options });
  cleanups.push(() => client.close());
  return { daemon, client };
}

function nextState(client: Client, status: ClientState['status']): Promise<ClientState> {
  return new Promise((resolve) => {
    const leave = client.onStateChange((state) => {
      if (state.status !== status) return;
      leave();
      resolve(state);
    });
  });
}

describe('request', () => {
  it('answers each command with its own response, whatever their order', async () => {
    const { client, daemon } = await start();
    await Promise.all(Array.from({ length: 50 }, () => client.request('list_sessions')));
    expect(new Set(daemon.commands.map(({ id }) => id)).size).toBe(50);
    expect(client.snapshot()).toMatchObject({ pendingRequests: 0, status: 'open' });
  });

  it('rejects with the code and the retry time of a refusal', async () => {
    const { client, daemon } = await start();
    daemon.refusals.push({ type: 'list_sessions', code: 'RATE_LIMITED', retryAfterMs: 250 });
    const error = await client.request('list_sessions').catch((thrown) => thrown);
    expect(isClientError(error, 'RATE_LIMITED')).toBe(true);
    expect(error).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 250 });
  });

  it('waits for the connection when there is none, and sends once there is', async () => {
    const { client, daemon } = await start();
    const away = nextState(client, 'reconnecting');
    await daemon.stop();
    await away;
    const request = client.request('list_sessions');
    expect(client.snapshot().parkedRequests).toBe(1);
    await daemon.listen();
    await expect(request).resolves.toEqual({ sessions: [] });
    expect(client.snapshot()).toMatchObject({ parkedRequests: 0, reconnects: 1 });
  });

  it('gives up at its deadline and tells the daemon', async () => {
    const { client, daemon } = await start();
    daemon.ignored.add('get_metrics');
    const error = await client.request('get_metrics', {}, { timeoutMs: 5 }).catch((thrown) => thrown);
    expect(isClientError(error, 'REQUEST_TIMEOUT')).toBe(true);
    await client.request('list_sessions');
    const [sent, cancel] = daemon.commands;
    expect(cancel).toMatchObject({ type: 'cancel_command', commandId: sent?.id });
  });

  it('gives what the command itself may take on top', async () => {
    const { client, daemon } = await start({ requestTimeoutMs: 5 });
    daemon.ignored.add('terminate');
    const patience = async (fields: object): Promise<unknown> =>
      client.request('terminate', { sessionId: 'a', ...fields }).catch(({ message }: Error) => message);
    expect(await patience({ gracePeriodMs: 10 })).toContain(' 15 ms');
    expect(await patience({ gracePeriodMs: 10, timeoutMs: 2 })).toContain(' 7 ms');
  });

  it.each(['terminate', 'delete_session'] as const)(
    'waits for the answer to %s as long as the daemon takes, whose session has a grace period of its own',
    async (type) => {
      const { client, daemon } = await start({ requestTimeoutMs: 5 });
      daemon.ignored.add(type);
      const controller = new AbortController();
      let outcome: unknown = 'none yet';
      const request = client.request(type, { sessionId: 'a' }, { signal: controller.signal }).catch((error) => {
        outcome = error;
      });
      // Longer than the time limit, and a second time: nothing of it is left.
      for (let round = 0; round < 2; round += 1) await new Promise((resolve) => setTimeout(resolve, 20));
      await client.request('list_sessions', {}, { timeoutMs: 5_000 });
      expect(outcome).toBe('none yet');
      controller.abort(new Error('never mind'));
      await request;
      expect(outcome).toEqual(new Error('never mind'));
    },
  );

  it('waits for a connection no longer than any other, to end a program', async () => {
    const { client, daemon } = await start({ requestTimeoutMs: 5 });
    const away = nextState(client, 'reconnecting');
    await daemon.stop();
    await away;
    await expect(client.request('terminate', { sessionId: 'a' })).rejects.toMatchObject({ code: 'REQUEST_TIMEOUT' });
    expect(client.snapshot().parkedRequests).toBe(0);
  });

  it('gives up on the signal, leaves no listener behind, and takes no late answer for another', async () => {
    const { client, daemon } = await start();
    daemon.ignored.add('get_metrics');
    const controller = new AbortController();
    const request = client.request('get_metrics', {}, { signal: controller.signal });
    controller.abort(new Error('never mind'));
    await expect(request).rejects.toThrow('never mind');
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    expect(client.snapshot().pendingRequests).toBe(0);
  });

  it('refuses to pile up unanswered requests', async () => {
    const { client, daemon } = await start({ maxPendingRequests: 2 });
    daemon.ignored.add('get_metrics');
    const waiting = [client.request('get_metrics'), client.request('get_metrics')].map((one) => one.catch((e) => e));
    const error = await client.request('get_metrics').catch((thrown) => thrown);
    expect(isClientError(error, 'CLIENT_LIMIT')).toBe(true);
    await client.close();
    for (const closed of await Promise.all(waiting)) expect(isClientError(closed, 'CLIENT_CLOSED')).toBe(true);
  });

  it('rejects at once when the client is closed', async () => {
    const { client } = await start();
    await client.close();
    await expect(client.request('list_sessions')).rejects.toMatchObject({ code: 'CLIENT_CLOSED' });
  });
});

describe('events and faults', () => {
  const event = { type: 'event', timestamp: '2026-01-31T12:00:00.000Z' };

  it('tells listeners every event until they leave', async () => {
    const { client, daemon } = await start();
    const heard: string[] = [];
    const leave = client.onEvent((message) => heard.push(message.event.type));
    daemon.say(JSON.stringify({ ...event, event: { type: 'server_shutdown', reason: 'test', timeoutMs: 1 } }));
    await client.request('list_sessions');
    leave();
    daemon.say(JSON.stringify({ ...event, event: { type: 'server_shutdown', reason: 'test', timeoutMs: 1 } }));
    await client.request('list_sessions');
    expect(heard).toEqual(['server_shutdown']);
  });

  it('ignores messages of a newer daemon', async () => {
    const { client, daemon } = await start();
    daemon.say('{"type":"weather_report","data":{}}');
    daemon.say(JSON.stringify({ ...event, event: { type: 'pty.sneezed' } }));
    await expect(client.request('list_sessions')).resolves.toBeDefined();
    expect(client.snapshot().reconnects).toBe(0);
  });

  it('tells of refusals that belong to no request', async () => {
    const { client, daemon } = await start();
    const fault = new Promise((resolve) => client.onFault(resolve));
    daemon.say(
      JSON.stringify({ type: 'response', command: 'bytes', success: false, code: 'INPUT_QUEUE_FULL', error: 'full' }),
    );
    await expect(fault).resolves.toMatchObject({ code: 'INPUT_QUEUE_FULL' });
  });

  it.each([
    ['broken JSON', (daemon: TestDaemon) => daemon.say('{')],
    ['a frame that is none', (daemon: TestDaemon) => daemon.sayBytes(new Uint8Array(3))],
  ])('leaves a connection that sends %s, and comes back', async (_, misbehave) => {
    const { client, daemon } = await start();
    const faults: string[] = [];
    client.onFault((fault) => faults.push(fault.code));
    const back = nextState(client, 'open');
    misbehave(daemon);
    await back;
    expect(faults).toEqual(['INVALID_MESSAGE']);
  });
});

describe('reconnecting', () => {
  it('tells the states in order', async () => {
    const { client, daemon } = await start();
    const states: string[] = [];
    client.onStateChange(({ status }) => states.push(status));
    const back = nextState(client, 'open');
    daemon.cutOff();
    await back;
    await client.close();
    expect(states).toEqual(['reconnecting', 'open', 'closed']);
  });

  it('closes for good when the deadline has passed', async () => {
    const reconnect = { initialDelayMs: 1, maxDelayMs: 2, deadlineMs: 20 };
    const { client, daemon } = await start({ reconnect });
    const closed = nextState(client, 'closed');
    await daemon.stop();
    const state = await closed;
    expect(state).toMatchObject({ cause: { code: 'CONNECTION_LOST' } });
    await expect(client.request('list_sessions')).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  });

  it('does not start when it is off', async () => {
    const { client, daemon } = await start({ reconnect: false });
    const closed = nextState(client, 'closed');
    daemon.cutOff();
    await expect(closed).resolves.toMatchObject({ cause: { code: 'CONNECTION_LOST' } });
  });

  it('stops at once when the daemon no longer accepts the credentials', async () => {
    const { client, daemon } = await start();
    const away = nextState(client, 'closed');
    await daemon.stop();
    const stranger = new TestDaemon({ token: 'changed', port: daemon.port });
    await stranger.listen();
    cleanups.push(() => stranger.stop());
    await expect(away).resolves.toMatchObject({ cause: { failure: 'unauthenticated' } });
  });

  it('does not give a daemon that accepts and drops a fresh deadline each time', async () => {
    const reconnect = { initialDelayMs: 1, maxDelayMs: 1_000, deadlineMs: 60 };
    const { client, daemon } = await start({ reconnect });
    client.onStateChange(({ status }) => {
      if (status === 'open') daemon.cutOff();
    });
    const closed = nextState(client, 'closed');
    daemon.cutOff();
    await expect(closed).resolves.toMatchObject({ cause: { code: 'CONNECTION_LOST' } });
  });

  it('is broken off by close', async () => {
    const { client, daemon } = await start();
    const away = nextState(client, 'reconnecting');
    await daemon.stop();
    await away;
    const request = client.request('list_sessions').catch((thrown) => thrown);
    await client.close();
    expect(isClientError(await request, 'CLIENT_CLOSED')).toBe(true);
  });
});

describe('options', () => {
  it('names a bad one', async () => {
    const dialer = nodeDialer({ url: 'ws://127.0.0.1:1' });
    await expect(Client.open(dialer, { requestTimeoutMs: 0 })).rejects.toThrow('requestTimeoutMs is 0');
    await expect(Client.open(dialer, { reconnect: { factor: 0 } })).rejects.toThrow('factor is 0');
  });
});
