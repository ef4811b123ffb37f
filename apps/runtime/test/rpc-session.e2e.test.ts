import { once } from 'node:events';
import { join } from 'node:path';
import { rssBytes, startDaemon, WireClient } from '@sessiond/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RpcLine, RpcPeer } from './rpc-peer.ts';
import { RpcScene } from './rpc-scene.ts';

let scene: RpcScene;
beforeAll(async () => {
  scene = await RpcScene.start();
});
beforeEach(() => scene.enter());
afterEach(() => scene.leave());
afterAll(() => scene.close());

const typesOf = (lines: readonly RpcLine[]): unknown[] => lines.map(({ type }) => type);

/** What the model said, put together from its pieces. */
function deltas(lines: readonly RpcLine[]): string {
  return lines
    .map((line) => line['assistantMessageEvent'] as { type: string; delta?: string } | undefined)
    .map((event) => (event?.type === 'text_delta' ? event.delta : ''))
    .join('');
}

/** The text of the last answer in what `agent_end` repeats. */
function lastText(lines: readonly RpcLine[]): string {
  const { messages } = lines.at(-1) as { messages: { role: string; content: { text?: string }[] }[] };
  return messages
    .findLast(({ role }) => role === 'assistant')!
    .content.map(({ text = '' }) => text)
    .join('');
}

describe('sessiond stdio --rpc-session', () => {
  it('answers a prompt when it is accepted, tells the growing answer, and all of it at the end', async () => {
    const peer = scene.peer();
    const lines = await peer.run('echo Hello there');
    expect(lines[0]).toEqual({ id: 'c-1', type: 'response', command: 'prompt', success: true });
    expect(lines[1]).toEqual({ type: 'agent_start' });
    expect(deltas(lines)).toBe('Hello there');
    const updates = lines.filter(({ type }) => type === 'message_update') as unknown as {
      message: { content: { text: string }[] };
      assistantMessageEvent: { type: string; partial: unknown };
    }[];
    expect(updates.length).toBeGreaterThan(2);
    for (const { message, assistantMessageEvent } of updates) expect(assistantMessageEvent.partial).toEqual(message);
    expect(updates.at(-1)!.message.content).toEqual([{ type: 'text', text: 'Hello there' }]);
    expect(lastText(lines)).toBe('Hello there');
    expect(typesOf(lines).filter((type) => type === 'message_start').length).toBe(2);
  });

  it('writes one JSON object per line, ended by LF, and nothing else', async () => {
    const { peer } = scene.spawn('--rpc-session', 'lines');
    await peer.run('echo a\u2028b\u2029c');
    expect(await peer.end()).toBe(0);
    expect(peer.raw.endsWith('\n')).toBe(true);
    expect(peer.raw).not.toContain('\r');
    expect(peer.raw.split('\n').slice(0, -1)).toHaveLength(peer.lines.length);
    expect(lastText(peer.lines)).toBe('a\u2028b\u2029c');
  });

  it('leaves the session to whoever comes next', async () => {
    const first = scene.peer('kept');
    await first.run('echo one');
    expect(await first.end()).toBe(0);
    const second = scene.peer('kept');
    const { messages } = (await second.data('get_messages')) as { messages: { role: string }[] };
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant']);
    // Nothing of what happened before is told again.
    expect(typesOf(second.lines)).toEqual(['response']);
    expect(await second.data('get_last_assistant_text')).toEqual({ text: 'one' });
  });

  it('answers what is asked in a pipe', async () => {
    const peer = scene.peer();
    peer.stdin.end(
      '{"type":"get_available_models","id":"1"}\n{"type":"bash","id":"2","command":"sleep 0.2; echo done"}\n',
    );
    expect(await peer.exited).toBe(0);
    expect(peer.lines).toMatchObject([
      { id: '1', success: true, data: { models: expect.any(Array) } },
      { id: '2', success: true, data: { output: 'done\n' } },
    ]);
  });

  it.each(['kill', 'stop'] as const)(
    'takes a session up that ended with an earlier run of the daemon, after its %s',
    async (end) => {
      const options = { flags: ['--agent-backends', 'fake'], stateDir: join(scene.dir, 'state') };
      const choice = { sessionId: 'kept', backend: 'fake', model: undefined, cwd: scene.dir };
      const first = await startDaemon(options);
      const before = RpcPeer.inside(first.socketPath, choice);
      await before.run('echo one');
      await before.end();
      await first[end]();
      const second = await startDaemon(options);
      const after = RpcPeer.inside(second.socketPath, choice);
      expect(await after.data('get_last_assistant_text')).toEqual({ text: 'one' });
      await after.run('echo two');
      expect(await after.end()).toBe(0);
      await second.stop();
      await first.stop();
    },
  );

  it('says which session it has made when nobody named one', async () => {
    const { peer } = scene.spawn();
    const { sessionId } = await peer.data('get_state');
    expect(peer.stderr).toBe(`sessiond: the session is ${sessionId}\n`);
  });

  it('steers a working agent, and refuses a second prompt that does not say how it is meant', async () => {
    const peer = scene.peer();
    await peer.data('prompt', { message: 'queue' });
    expect(await peer.ask('prompt', { message: 'echo no' })).toMatchObject({ success: false });
    const from = peer.lines.length;
    await peer.data('prompt', { message: 'left', streamingBehavior: 'steer' });
    await peer.until(({ type }) => type === 'agent_end', from);
    expect(lastText(peer.lines.slice(from).filter(({ type }) => type === 'agent_end'))).toContain('left');
  });

  it('steers with what is sent right behind a prompt', async () => {
    const peer = scene.peer();
    peer.write('{"id":"p","type":"prompt","message":"queue"}\n{"id":"s","type":"steer","message":"at once"}\n');
    await peer.until(({ type }) => type === 'agent_end');
    expect(peer.lines.filter(({ type }) => type === 'response')).toEqual([
      { id: 'p', type: 'response', command: 'prompt', success: true },
      { id: 's', type: 'response', command: 'steer', success: true },
    ]);
  });

  it('aborts', async () => {
    const peer = scene.peer();
    await peer.data('prompt', { message: 'hang' });
    expect(await peer.ask('abort')).toEqual({ id: 'c-2', type: 'response', command: 'abort', success: true });
    await peer.until(({ type }) => type === 'agent_end');
    expect(await peer.data('get_state')).toMatchObject({ isStreaming: false });
  });

  it('takes a prompt as soon as an abort is answered: the run is over by then', async () => {
    const peer = scene.peer();
    for (let round = 0; round < 3; round += 1) {
      await peer.data('prompt', { message: 'hang' });
      await peer.data('abort');
      expect(peer.lines.at(-2)).toMatchObject({ type: 'agent_end' });
      const lines = await peer.run('echo again');
      expect(lastText(lines)).toBe('again');
    }
  });

  it('tells a failure of the provider by the message and its end, not by the prompt', async () => {
    const peer = scene.peer();
    const lines = await peer.run('fail 500');
    const end = lines.at(-1) as { messages: { stopReason?: string; errorMessage?: string }[] };
    expect(end.messages.at(-1)).toMatchObject({ stopReason: 'error', errorMessage: expect.stringContaining('500') });
    expect(lastText(await peer.run('echo again'))).toBe('again');
  });

  it('ends a run whose agent dies in the middle of it', async () => {
    const peer = scene.peer();
    const lines = await peer.run('crash');
    expect(lines.at(-1)).toMatchObject({
      messages: expect.arrayContaining([expect.objectContaining({ stopReason: 'error' })]),
    });
  });

  it('asks a person, and gives the agent the answer', async () => {
    const peer = scene.peer();
    await peer.data('prompt', { message: 'dialog select' });
    const request = await peer.until(({ type }) => type === 'extension_ui_request');
    const options = request['options'] as string[];
    expect(request).toMatchObject({ method: 'select', id: expect.any(String), title: expect.any(String) });
    peer.write(`${JSON.stringify({ type: 'extension_ui_response', id: request['id'], value: options[1] })}\n`);
    await peer.until(({ type }) => type === 'agent_end');
    expect(lastText(peer.lines)).toContain(options[1]);
  });

  it('tells somebody who comes later of a dialog that waits', async () => {
    const first = scene.peer('asking');
    await first.data('prompt', { message: 'dialog confirm' });
    const { id } = await first.until(({ type }) => type === 'extension_ui_request');
    const second = scene.peer('asking');
    expect(await second.until(({ type }) => type === 'extension_ui_request')).toMatchObject({ id, method: 'confirm' });
    second.write(`${JSON.stringify({ type: 'extension_ui_response', id, confirmed: true })}\n`);
    await Promise.all([first, second].map((peer) => peer.until(({ type }) => type === 'agent_end')));
    expect(second.lines.filter(({ type }) => type === 'extension_ui_request')).toHaveLength(1);
  });

  it('goes on with an answer that somebody else asked for', async () => {
    const first = scene.peer('shared');
    await first.data('prompt', { message: 'queue' });
    const second = scene.peer('shared');
    expect(await second.data('get_state')).toMatchObject({ isStreaming: true });
    expect(await second.ask('steer', { message: 'from me' })).toMatchObject({ success: true });
    await second.until(({ type }) => type === 'agent_end');
    expect(lastText(second.lines)).toContain('from me');
  });

  it('refuses lines that are no commands, and goes on', async () => {
    const peer = scene.peer();
    peer.write(Buffer.from([0xff, 0x0a]));
    peer.write(
      'no\n[]\n{"type":7}\n{"type":"fly","id":"f"}\n{"type":"swim","id":"g"}\n{"type":"set_session_name","name":""}\r\n\n',
    );
    expect(await peer.ask('get_state')).toMatchObject({ success: true });
    const failures = peer.lines.filter(({ success }) => success === false);
    expect(failures.map(({ command, id }) => [command, id])).toEqual([
      ['parse', undefined],
      ['parse', undefined],
      ['parse', undefined],
      ['parse', undefined],
      ['fly', 'f'],
      ['swim', 'g'],
      ['set_session_name', undefined],
    ]);
    for (const { error } of failures) expect(error).toMatch(/^Cannot /);
  });

  it('holds no line that is longer than a message may be', async () => {
    const { peer, child } = scene.spawn('--rpc-session', 'bounded', '--max-message-bytes', '64KiB');
    await peer.data('get_state');
    const before = rssBytes(child.pid!);
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    for (let count = 0; count < 400; count += 1) {
      if (!peer.stdin.write(chunk)) await once(peer.stdin, 'drain');
    }
    peer.write('\n');
    expect(await peer.until(({ command }) => command === 'parse')).toMatchObject({ success: false });
    expect(await peer.data('get_state')).toMatchObject({ sessionId: 'bounded' });
    // The engine lets some 64 MiB of buffers that nobody holds gather before it looks for them.
    expect(rssBytes(child.pid!) - before).toBeLessThan(128 * 1024 * 1024);
  });

  it('stops telling when nobody reads, and goes on with everything when somebody does', async () => {
    const peer = scene.peer('unread');
    await peer.data('get_state');
    peer.stdout.pause();
    peer.write('{"type":"prompt","message":"stream 20000"}\n');
    const client = await WireClient.connect(scene.daemon);
    await expect
      .poll(async () => {
        const answer = await client.command({
          id: `q-${Math.random()}`,
          type: 'get_last_assistant_text',
          sessionId: 'unread',
        });
        return (answer['data'] as { text: string | null }).text?.length;
      })
      .toBe(80_000);
    await client.close();
    peer.stdout.resume();
    await peer.until(({ type }) => type === 'agent_end');
    expect(lastText(peer.lines)).toHaveLength(80_000);
    expect(deltas(peer.lines)).toBe(lastText(peer.lines));
  });

  it('detaches at SIGTERM', async () => {
    const { peer, child } = scene.spawn('--rpc-session', 'told');
    await peer.data('prompt', { message: 'hang' });
    child.kill('SIGTERM');
    expect(await peer.exited).toBe(0);
    const next = scene.peer('told');
    expect(await next.data('get_state')).toMatchObject({ isStreaming: true });
    // The end of the daemon would wait for it.
    await next.ask('abort');
  });

  it('ends with the session', async () => {
    const peer = scene.peer('deleted');
    await peer.data('get_state');
    const client = await WireClient.connect(scene.daemon);
    await client.command({ id: 'd', type: 'delete_session', sessionId: 'deleted' });
    await client.close();
    expect(await peer.exited).toBe(0);
    expect(peer.stderr).toBe('sessiond: the session is over\n');
  });

  it('says what is wrong and ends: without a daemon, for a terminal, for an agent there is none of', async () => {
    const { peer: nowhere } = RpcPeer.spawn(join(scene.dir, 'none.sock'), scene.dir, ['x']);
    expect(await nowhere.exited).toBe(69);
    expect(nowhere.stderr).toMatch(/^sessiond: Cannot /);

    const client = await WireClient.connect(scene.daemon);
    await client.command({
      id: 't',
      type: 'create_session',
      sessionId: 'terminal',
      kind: 'pty',
      pty: { command: 'cat' },
    });
    await client.close();
    const terminal = scene.peer('terminal');
    expect(await terminal.exited).toBe(1);
    expect(terminal.stderr).toContain('terminal');

    const missing = RpcPeer.inside(scene.daemon.socketPath, {
      sessionId: 'x',
      backend: 'none',
      model: undefined,
      cwd: scene.dir,
    });
    expect(await missing.exited).toBe(1);
    expect(missing.raw).toBe('');
  });
});
