import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { TestDaemon } from '../test/test-daemon.ts';
import { Client } from './client.ts';
import type { ClientOptions } from './client-options.ts';
import type { ClientState } from './client-state.ts';
import { isClientError } from './errors.ts';
import { nodeDialer } from './transports/node.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(options: ClientOptions = {}) {
  const daemon = await new TestDaemon().listen();
  cleanups.push(() => daemon.stop());
  const fast = { initialDelayMs: 1, maxDelayMs: 5, deadlineMs: 10_000 };
  const client = await Client.open(nodeDialer({ url: daemon.url }), { reconnect: fast, ...options });
  cleanups.push(() => client.close());
  return { daemon, client };
}

/** Resolves once the daemon has read everything that was sent before. */
async function allRead(client: Client): Promise<void> {
  await client.request('health_check');
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

function named(daemon: TestDaemon, sent: 'commands' | 'executed', type: string): (string | undefined)[] {
  return daemon[sent].filter((command) => command.type === type).map(({ id }) => id);
}

const SHELL = { sessionId: 'a', command: 'date >> log' };

describe('a command whose connection was lost before the answer', () => {
  it('is answered with what came of it, and not done again', async () => {
    const { client, daemon } = await start();
    daemon.unheard.add('bash');
    const request = client.request('bash', SHELL);
    await allRead(client);
    daemon.cutOff();
    await expect(request).resolves.toEqual({});
    expect(named(daemon, 'executed', 'bash')).toHaveLength(1);
    const [first, second] = named(daemon, 'commands', 'bash');
    expect(second).toBe(first);
  });

  it('is done now if it never arrived', async () => {
    const { client, daemon } = await start();
    daemon.ignored.add('bash');
    const request = client.request('bash', SHELL);
    await allRead(client);
    daemon.ignored.clear();
    daemon.cutOff();
    await expect(request).resolves.toEqual({});
    expect(named(daemon, 'executed', 'bash')).toHaveLength(1);
  });

  it('is sent again however often, by the id its caller gave it, before what was asked for later', async () => {
    const { client, daemon } = await start();
    daemon.unheard.add('bash').add('prompt');
    const lost = [
      client.request('bash', { ...SHELL, id: 'first' }),
      client.request('prompt', { sessionId: 'a', message: 'b', id: 'second' }),
    ];
    for (let loss = 0; loss < 3; loss += 1) {
      await allRead(client);
      const back = nextState(client, 'open');
      // Learned by heart, it would be answered at once.
      daemon.ignored.add('bash').add('prompt');
      daemon.cutOff();
      await back;
    }
    await allRead(client);
    const away = nextState(client, 'reconnecting');
    daemon.ignored.clear();
    const sent = daemon.commands.length;
    daemon.cutOff();
    await away;
    const later = client.request('set_session_name', { sessionId: 'a', name: 'late' });
    await Promise.all([...lost, later]);
    expect(daemon.commands.slice(sent).map(({ type }) => type)).toEqual(['bash', 'prompt', 'set_session_name']);
    expect(named(daemon, 'commands', 'bash')).toEqual(Array(5).fill('first'));
    expect(named(daemon, 'executed', 'bash')).toEqual(['first']);
  });

  it.each(['reconnecting', 'open'] as const)(
    'goes before what is asked for by who is told that it is %s',
    async (status) => {
      const { client, daemon } = await start();
      daemon.ignored.add('bash');
      const request = client.request('bash', SHELL);
      await allRead(client);
      daemon.ignored.clear();
      const sent = daemon.commands.length;
      let later: Promise<unknown> | undefined;
      client.onStateChange((state) => {
        if (state.status === status) later ??= client.request('set_session_name', { sessionId: 'a', name: 'late' });
      });
      daemon.cutOff();
      await request;
      await later;
      expect(daemon.commands.slice(sent).map(({ type }) => type)).toEqual(['bash', 'set_session_name']);
    },
  );

  it('rejects with the failure it had', async () => {
    const { client, daemon } = await start();
    daemon.unheard.add('attach').add('bash');
    const request = client.request('bash', SHELL);
    await allRead(client);
    await daemon.restart('interrupted');
    await expect(request).rejects.toMatchObject({ code: 'INTERRUPTED_BY_RESTART' });
    expect(named(daemon, 'executed', 'bash')).toHaveLength(1);
  });

  it('is answered by another run that remembers it', async () => {
    const { client, daemon } = await start();
    daemon.unheard.add('bash');
    const request = client.request('bash', SHELL);
    await allRead(client);
    await daemon.restart('everything');
    await expect(request).resolves.toEqual({});
    expect(named(daemon, 'executed', 'bash')).toHaveLength(1);
  });

  it.each([
    ['another run that knows nothing of it', (daemon: TestDaemon) => daemon.restart('nothing')],
    [
      'a daemon that may have forgotten it',
      (daemon: TestDaemon) => {
        daemon.reachMs = 0;
        daemon.cutOff();
      },
    ],
    [
      'a daemon that takes it for another principal',
      (daemon: TestDaemon) => {
        daemon.principalId = 'stranger';
        daemon.cutOff();
      },
    ],
  ])('is not done by %s, and says that nobody knows', async (_, lose) => {
    const { client, daemon } = await start();
    daemon.ignored.add('bash');
    const request = client.request('bash', SHELL).catch((thrown) => thrown);
    await allRead(client);
    daemon.ignored.clear();
    await lose(daemon);
    const error = await request;
    expect(isClientError(error, 'CONNECTION_LOST')).toBe(true);
    expect(error.message).toContain('Cannot know the outcome of bash');
    expect(daemon.executed.filter(({ type }) => type === 'bash')).toEqual([]);
  });

  it('is only asked about when the machine slept for longer than the daemon remembers, whatever the monotonic clock says', async () => {
    let wallMs = 1_700_000_000_000;
    const { client, daemon } = await start({ now: () => 1, wallClock: () => wallMs });
    daemon.ignored.add('bash');
    const request = client.request('bash', SHELL).catch((thrown) => thrown);
    await allRead(client);
    daemon.ignored.clear();
    wallMs += 3_600_000;
    daemon.reachMs = 600_000;
    daemon.cutOff();
    expect(await request).toMatchObject({ code: 'CONNECTION_LOST' });
    expect(named(daemon, 'executed', 'bash')).toEqual([]);
  });

  it('is not said to have been refused when the daemon has not even looked whether it was done', async () => {
    const { client, daemon } = await start();
    daemon.unheard.add('bash');
    const request = client.request('bash', SHELL).catch((thrown) => thrown);
    await allRead(client);
    daemon.crowded = true;
    daemon.cutOff();
    expect(await request).toMatchObject({ code: 'CONNECTION_LOST', cause: { code: 'QUEUE_FULL' } });
    expect(named(daemon, 'executed', 'bash')).toHaveLength(1);
    await expect(client.request('bash', SHELL)).rejects.toMatchObject({ code: 'QUEUE_FULL' });
  });

  it('is not taken for answered when the answer to whether it is known was lost as well', async () => {
    const { client, daemon } = await start();
    daemon.ignored.add('bash');
    const request = client.request('bash', SHELL).catch((thrown) => thrown);
    await allRead(client);
    await daemon.restart('nothing');
    await allRead(client);
    daemon.ignored.clear();
    // The first question is in its memory by now, as the cycle that it was.
    const { id } = daemon.commands.find(({ type }) => type === 'bash')!;
    daemon.remember({ ...SHELL, type: 'bash', id: id! }, 'DEPENDENCY_CYCLE');
    daemon.cutOff();
    expect(await request).toMatchObject({ code: 'CONNECTION_LOST' });
  });

  it('reads anew where it only reads, also from another run', async () => {
    const { client, daemon } = await start();
    daemon.unheard.add('get_metrics');
    const request = client.request('get_metrics');
    await allRead(client);
    daemon.unheard.clear();
    await daemon.restart('nothing');
    await expect(request).resolves.toEqual({});
    const ids = named(daemon, 'executed', 'get_metrics');
    expect(new Set(ids).size).toBe(2);
  });

  it('is not sent again when its caller does not want it', async () => {
    const { client, daemon } = await start();
    daemon.unheard.add('bash');
    const request = client.request('bash', SHELL, { sendAgain: false }).catch((thrown) => thrown);
    await allRead(client);
    daemon.cutOff();
    expect(await request).toMatchObject({ code: 'CONNECTION_LOST' });
    await allRead(client);
    expect(named(daemon, 'commands', 'bash')).toHaveLength(1);
  });
});

describe('a command that is too large for somebody between client and daemon', () => {
  const LARGE = { ...SHELL, command: `echo ${'x'.repeat(2_000)}` };

  it('is at its end with the connection that it ended', async () => {
    const { client, daemon } = await start();
    daemon.passedBytes = 1_000;
    await expect(client.request('bash', LARGE)).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await allRead(client);
    expect(client.snapshot().reconnects).toBe(1);
    expect(named(daemon, 'commands', 'bash')).toEqual([]);
  });

  it('is the only one that is: whatever was sent before or after it is answered', async () => {
    const { client, daemon } = await start();
    daemon.ignored.add('prompt');
    const before = client.request('prompt', { sessionId: 'a', message: 'b' });
    await allRead(client);
    daemon.ignored.clear();
    daemon.passedBytes = 1_000;
    const large = client.request('bash', LARGE).catch((thrown) => thrown);
    const after = client.request('bash', SHELL);
    expect(await large).toMatchObject({ code: 'CONNECTION_LOST' });
    await expect(before).resolves.toEqual({});
    await expect(after).resolves.toEqual({});
    expect(daemon.executed.map(({ type }) => type)).toEqual(['health_check', 'prompt', 'bash']);
  });

  it('does not keep several that are from coming to an end', async () => {
    const { client, daemon } = await start();
    daemon.passedBytes = 1_000;
    const sizes = [1_500, 300, 3_000, 2_000];
    const outcomes = sizes.map((size) =>
      client.request('bash', { ...SHELL, command: 'x'.repeat(size) }).catch((thrown) => thrown.code),
    );
    expect(await Promise.all(outcomes)).toEqual(['CONNECTION_LOST', {}, 'CONNECTION_LOST', 'CONNECTION_LOST']);
    expect(client.snapshot()).toMatchObject({ reconnects: 3, pendingRequests: 0, parkedRequests: 0 });
  });
});

describe('a command with the id of another that has no answer yet', () => {
  it('is refused before it is sent, and leaves the other its answer', async () => {
    const { client, daemon } = await start();
    daemon.unheard.add('bash');
    const first = client.request('bash', { id: 'own', sessionId: 'a', command: 'date' });
    await expect(client.request('bash', { id: 'own', sessionId: 'a', command: 'date' })).rejects.toMatchObject({
      code: 'CLIENT_LIMIT',
    });
    await client.request('health_check');
    daemon.cutOff();
    await expect(first).resolves.toEqual({});
    expect(daemon.executed.filter(({ type }) => type === 'bash')).toHaveLength(1);
  });
});

describe('the wait for a command that was lost', () => {
  it('ends with the time that its caller gave it, and the daemon is told when it is there again', async () => {
    const { client, daemon } = await start();
    daemon.ignored.add('bash');
    const request = client.request('bash', { ...SHELL, id: 'mine' }, { timeoutMs: 1_000 }).catch((thrown) => thrown);
    await allRead(client);
    const away = nextState(client, 'reconnecting');
    await daemon.stop();
    await away;
    expect(client.snapshot()).toMatchObject({ pendingRequests: 0, parkedRequests: 1 });
    expect(await request).toMatchObject({ code: 'REQUEST_TIMEOUT' });
    expect(client.snapshot().parkedRequests).toBe(0);
    await daemon.listen();
    await allRead(client);
    expect(daemon.commands.slice(-2)).toMatchObject([
      { type: 'cancel_command', commandId: 'mine' },
      { type: 'health_check' },
    ]);
    expect(named(daemon, 'commands', 'bash')).toHaveLength(1);
  });

  it('ends with the signal of its caller, and leaves no listener behind', async () => {
    const { client, daemon } = await start();
    daemon.ignored.add('bash');
    const controller = new AbortController();
    const request = client.request('bash', { ...SHELL, id: 'mine' }, { signal: controller.signal });
    await allRead(client);
    const away = nextState(client, 'reconnecting');
    await daemon.stop();
    await away;
    controller.abort(new Error('never mind'));
    await expect(request).rejects.toThrow('never mind');
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    await daemon.listen();
    await allRead(client);
    expect(daemon.commands.at(-2)).toMatchObject({ type: 'cancel_command', commandId: 'mine' });
  });

  it('tells the daemon nothing of one that was never sent', async () => {
    const { client, daemon } = await start();
    const away = nextState(client, 'reconnecting');
    await daemon.stop();
    await away;
    const controller = new AbortController();
    const request = client.request('bash', SHELL, { signal: controller.signal }).catch((thrown) => thrown);
    controller.abort(new Error('never mind'));
    await request;
    await daemon.listen();
    await allRead(client);
    expect(daemon.commands.map(({ type }) => type)).toEqual(['health_check']);
  });

  it('ends when no connection comes any more, with how it was lost and why none comes', async () => {
    const reconnect = { initialDelayMs: 1, maxDelayMs: 2, deadlineMs: 20 };
    const { client, daemon } = await start({ reconnect });
    daemon.ignored.add('bash');
    const request = client.request('bash', SHELL).catch((thrown) => thrown);
    await allRead(client);
    await daemon.stop();
    const error = await request;
    expect(error).toMatchObject({ code: 'CONNECTION_LOST', cause: { code: 'CONNECTION_LOST' } });
    expect(error.message).toContain('Cannot know the outcome of bash: the connection was lost (1006');
  });

  it('ends at once for a client that does not come back', async () => {
    const { client, daemon } = await start({ reconnect: false });
    daemon.ignored.add('bash');
    const request = client.request('bash', SHELL).catch((thrown) => thrown);
    await allRead(client);
    daemon.cutOff();
    expect(await request).toMatchObject({ code: 'CONNECTION_LOST' });
  });

  it('ends when the client is closed', async () => {
    const { client, daemon } = await start();
    daemon.ignored.add('bash');
    const request = client.request('bash', SHELL).catch((thrown) => thrown);
    await allRead(client);
    const away = nextState(client, 'reconnecting');
    await daemon.stop();
    await away;
    await client.close();
    expect(await request).toMatchObject({ code: 'CLIENT_CLOSED' });
  });

  it('ends when the client is closed while a daemon is asked what came of it', async () => {
    const { client, daemon } = await start();
    daemon.ignored.add('bash');
    const request = client.request('bash', SHELL).catch((thrown) => thrown);
    await allRead(client);
    await daemon.restart('nothing');
    await allRead(client);
    await client.close();
    expect(await request).toMatchObject({ code: 'CLIENT_CLOSED' });
  });

  it('counts among those that may be unanswered', async () => {
    const { client, daemon } = await start({ maxPendingRequests: 2 });
    daemon.ignored.add('bash');
    const waiting = [client.request('bash', SHELL), client.request('bash', SHELL)].map((one) => one.catch((e) => e));
    const away = nextState(client, 'reconnecting');
    await daemon.stop();
    await away;
    await expect(client.request('list_sessions')).rejects.toMatchObject({ code: 'CLIENT_LIMIT' });
    await client.close();
    await Promise.all(waiting);
  });
});

describe('attaching', () => {
  it('is begun anew on the next connection when the one it was asked on is lost', async () => {
    const { client, daemon } = await start();
    daemon.addSession('a');
    daemon.produce('a', 'hello');
    daemon.ignored.add('attach');
    const attaching = client.attach('a');
    await allRead(client);
    daemon.ignored.clear();
    daemon.cutOff();
    const attachment = await attaching;
    daemon.end('a');
    const seen: string[] = [];
    for await (const chunk of attachment) if (chunk.kind === 'bytes') seen.push(Buffer.from(chunk.bytes).toString());
    expect(seen.join('')).toBe('hello');
  });
});

describe('however connections are lost and daemons restarted', () => {
  it('does nothing twice, and answers or rejects every command', async () => {
    const step = fc.record({
      deaf: fc.boolean(),
      unheard: fc.boolean(),
      loss: fc.constantFrom('none', 'cut', 'forgets', 'remembers'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
        const { client, daemon } = await start();
        const requests: Promise<unknown>[] = [];
        for (const { deaf, unheard, loss } of steps) {
          daemon.ignored.clear();
          daemon.unheard.clear();
          if (deaf) daemon.ignored.add('bash');
          if (unheard) daemon.unheard.add('bash');
          requests.push(
            client.request('bash', SHELL).then(
              () => 'done',
              (error) => error.code,
            ),
          );
          await allRead(client);
          daemon.ignored.clear();
          daemon.unheard.clear();
          if (loss === 'cut') daemon.cutOff();
          else if (loss !== 'none') await daemon.restart(loss === 'forgets' ? 'nothing' : 'everything');
        }
        daemon.cutOff();
        const outcomes = await Promise.all(requests);
        expect(outcomes.filter((one) => one !== 'done' && one !== 'CONNECTION_LOST')).toEqual([]);
        const ids = daemon.executed.filter(({ type }) => type === 'bash').map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        // What is reported as done was done; what was done may be reported as lost, if the daemon has forgotten.
        expect(outcomes.filter((one) => one === 'done').length).toBeLessThanOrEqual(ids.length);
        expect(client.snapshot()).toMatchObject({ pendingRequests: 0, parkedRequests: 0 });
        await client.close();
        await daemon.stop();
      }),
      { numRuns: 40 },
    );
  });
});
