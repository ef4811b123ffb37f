/** Each command of the dialect beside those that say something to the agent, against a daemon. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { WireClient } from '@sessiond/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RpcPeer } from './rpc-peer.ts';
import { RpcScene } from './rpc-scene.ts';

let scene: RpcScene;
beforeAll(async () => {
  scene = await RpcScene.start();
});
beforeEach(() => scene.enter());
afterEach(() => scene.leave());
afterAll(() => scene.close());

/** What was said, in order. */
async function said(peer: RpcPeer): Promise<string[]> {
  const { messages } = (await peer.data('get_messages')) as { messages: { content: { text: string }[] }[] };
  return messages.map(({ content }) => content[0]!.text);
}

async function fileOf(peer: RpcPeer): Promise<string> {
  return (await peer.data('get_state'))['sessionFile'] as string;
}

describe('commands of the dialect', () => {
  it('tells the state in the words of the dialect', async () => {
    const peer = scene.peer('stated', 'fake/large');
    await peer.data('set_session_name', { name: 'Mine' }).catch(() => {});
    expect(await peer.data('get_state')).toMatchObject({
      model: { provider: 'fake', id: 'large', input: expect.arrayContaining(['text']) },
      isStreaming: false,
      isCompacting: false,
      steeringMode: 'one-at-a-time',
      followUpMode: 'one-at-a-time',
      sessionId: 'stated',
      sessionName: 'Mine',
      messageCount: 0,
      pendingMessageCount: 0,
    });
  });

  it('runs commands of the shell, and aborts them', async () => {
    const peer = scene.peer('shell');
    expect(await peer.data('bash', { command: 'echo out; exit 3' })).toEqual({
      output: 'out\n',
      exitCode: 3,
      cancelled: false,
      truncated: false,
    });
    const running = peer.data('bash', { command: 'echo begun; sleep 300' });
    const client = await WireClient.connect(scene.daemon);
    await client.command({ id: 'sub', type: 'switch_session', sessionId: 'shell' });
    await expect
      .poll(async () => {
        await peer.ask('abort_bash');
        return Promise.race([running, Promise.resolve(undefined)]);
      })
      .toMatchObject({ cancelled: true });
    await client.close();
  });

  it('knows models and thinking levels', async () => {
    const peer = scene.peer();
    const { models } = (await peer.data('get_available_models')) as { models: { id: string }[] };
    expect(models.map(({ id }) => id)).toEqual(['small', 'large']);
    expect(await peer.data('set_model', { provider: 'fake', modelId: 'large' })).toMatchObject({ id: 'large' });
    expect(await peer.data('cycle_model')).toMatchObject({ model: { id: 'small' }, isScoped: false });
    expect(await peer.ask('set_thinking_level', { level: 'high' })).not.toHaveProperty('data');
    expect(await peer.data('get_state')).toMatchObject({ thinkingLevel: 'high', model: { id: 'small' } });
    expect(await peer.data('cycle_thinking_level')).toEqual({ level: expect.any(String) });
    expect(await peer.ask('set_model', { provider: 'fake', modelId: 'none' })).toMatchObject({ success: false });
  });

  it('counts what was said', async () => {
    const peer = scene.peer('counted');
    await peer.run('echo one');
    expect(await peer.data('get_session_stats')).toMatchObject({
      sessionId: 'counted',
      userMessages: 1,
      assistantMessages: 1,
      tokens: { total: expect.any(Number) },
      cost: expect.any(Number),
    });
  });

  it('name the session, without blanks around its name, and refuse one that has nothing else', async () => {
    const peer = scene.peer();
    expect(await peer.ask('set_session_name', { name: ' Mine ' })).not.toHaveProperty('data');
    for (const name of ['  ', '', 7]) {
      expect(await peer.ask('set_session_name', { name })).toMatchObject({ success: false });
    }
    expect(await peer.data('get_state')).toMatchObject({ sessionName: 'Mine' });
  });

  it('sum the conversation up, and tell that as it happens', async () => {
    const peer = scene.peer();
    await peer.run('echo one');
    const from = peer.lines.length;
    const compacted = await peer.data('compact', { customInstructions: 'slow 1' });
    expect(compacted).toEqual({
      summary: 'Summary of 2 messages.',
      firstKeptEntryId: '',
      tokensBefore: expect.any(Number),
    });
    const { tokensBefore } = compacted;
    await peer.until(({ type }) => type === 'compaction_end', from);
    expect(peer.lines.slice(from).filter(({ type }) => String(type).startsWith('compaction_'))).toEqual([
      { type: 'compaction_start', reason: 'manual' },
      {
        type: 'compaction_end',
        reason: 'manual',
        result: { summary: '', firstKeptEntryId: '', tokensBefore },
        aborted: false,
        willRetry: false,
      },
    ]);
  });

  it('end a compaction by abort, and answer it with a failure', async () => {
    const peer = scene.peer();
    await peer.run('echo one');
    const compaction = peer.ask('compact', { customInstructions: 'hang' });
    await peer.until(({ type }) => type === 'compaction_start');
    expect(await peer.data('get_state')).toMatchObject({ isCompacting: true, isStreaming: false });
    expect(await peer.ask('abort')).toMatchObject({ success: true });
    expect(await compaction).toMatchObject({ success: false, error: 'Cannot compact conversation: it was aborted' });
    expect(await peer.until(({ type }) => type === 'compaction_end')).toMatchObject({ result: null, aborted: true });
    expect(await peer.data('get_state')).toMatchObject({ isCompacting: false });
  });

  it('write the conversation as a page that only its user can read, where they are told to', async () => {
    const peer = scene.peer('page');
    await peer.run('echo <hello>');
    for (const [fields, path] of [
      [{}, join(scene.dir, 'page.html')],
      [{ outputPath: 'other.html' }, join(scene.dir, 'other.html')],
      [{ outputPath: join(scene.dir, 'third.html') }, join(scene.dir, 'third.html')],
    ] as const) {
      expect(await peer.data('export_html', fields)).toEqual({ path });
      expect(readFileSync(path, 'utf8')).toContain('&lt;hello>');
      expect(statSync(path).mode & 0o777).toBe(0o600);
    }
    for (const outputPath of [7, join(scene.dir, 'none', 'page.html')]) {
      expect(await peer.ask('export_html', { outputPath })).toMatchObject({ success: false });
    }
  });

  it('fork, begin anew and go to another conversation, which nobody else has then', async () => {
    const peer = scene.peer();
    for (const word of ['one', 'two']) await peer.run(`echo ${word}`);
    const first = await fileOf(peer);
    const { messages } = (await peer.data('get_fork_messages')) as { messages: { entryId: string; text: string }[] };
    expect(messages.map(({ text }) => text)).toEqual(['echo one', 'echo two']);
    expect(await peer.data('fork', { entryId: messages[1]!.entryId })).toEqual({ text: 'echo two', cancelled: false });
    expect(await said(peer)).toEqual(['echo one', 'one']);
    const second = await fileOf(peer);
    expect(second).not.toBe(first);
    await peer.run('echo three');
    expect(await peer.ask('fork', { entryId: 'none' })).toMatchObject({ success: false });

    expect(await peer.data('new_session')).toEqual({ cancelled: false });
    expect(await said(peer)).toEqual([]);
    expect(await peer.data('get_last_assistant_text')).toEqual({ text: null });
    expect(await peer.data('switch_session', { sessionPath: first })).toEqual({ cancelled: false });
    expect(await said(peer)).toEqual(['echo one', 'one', 'echo two', 'two']);
    expect(await fileOf(peer)).toBe(first);

    const other = scene.peer();
    const busy = await other.ask('switch_session', { sessionPath: first });
    expect(busy).toMatchObject({ success: false, error: expect.stringContaining('another session has it open') });
    const outside = await other.ask('switch_session', { sessionPath: '/etc/passwd' });
    expect(outside).toMatchObject({ success: false, error: expect.stringContaining('outside the folders') });
    expect(await other.data('switch_session', { sessionPath: second })).toEqual({ cancelled: false });
    expect(await said(other)).toEqual(['echo one', 'one', 'echo three', 'three']);
  });

  it('go on in a copy of the conversation, which others may have as it was, once there is an answer', async () => {
    const peer = scene.peer();
    const early = await peer.ask('clone');
    expect(early).toMatchObject({ success: false, error: 'Cannot clone: nothing was answered yet' });
    await peer.run('echo one');
    const first = await fileOf(peer);
    expect(await peer.data('clone')).toEqual({ cancelled: false });
    expect(await fileOf(peer)).not.toBe(first);
    await peer.run('echo two');
    expect(await said(peer)).toEqual(['echo one', 'one', 'echo two', 'two']);
    const other = scene.peer();
    expect(await other.data('switch_session', { sessionPath: first })).toEqual({ cancelled: false });
    expect(await said(other)).toEqual(['echo one', 'one']);
  });

  it('that change the agent wait for the run that goes on, and those that ask do not', async () => {
    const peer = scene.peer();
    await peer.data('prompt', { message: 'hang' });
    const answered: string[] = [];
    const waiting = ['compact', 'new_session', 'cycle_model'].map((type) =>
      peer.data(type).then(() => answered.push(type)),
    );
    expect(await peer.data('get_state')).toMatchObject({ isStreaming: true });
    expect(await said(peer)).toEqual(['hang']);
    expect(await peer.ask('set_session_name', { name: 'Meanwhile' })).toMatchObject({ success: true });
    expect(answered).toEqual([]);
    await peer.ask('abort');
    await Promise.all(waiting);
    expect(answered).toEqual(['compact', 'new_session', 'cycle_model']);
  });

  it('switch what an agent does by itself, and are refused by name where it knows nothing of that', async () => {
    const peer = scene.peer();
    expect(await peer.data('get_state')).toMatchObject({ autoCompactionEnabled: true });
    expect(await peer.ask('set_auto_compaction', { enabled: false })).not.toHaveProperty('data');
    expect(await peer.data('get_state')).toMatchObject({ autoCompactionEnabled: false });
    for (const [type, fields] of [
      ['set_auto_retry', { enabled: true }],
      ['abort_retry', {}],
    ] as const) {
      const refused = await peer.ask(type, fields);
      expect(refused).toMatchObject({ command: type, success: false, error: expect.stringMatching(/^Cannot /) });
    }
    const { commands } = (await peer.data('get_commands')) as { commands: object[] };
    expect(commands).toContainEqual({ name: 'echo', description: '<text>: says it', source: 'fake' });
  });

  it('have the agent hear what waits for it together, or one after the other, also while it works', async () => {
    const peer = scene.peer();
    await peer.data('prompt', { message: 'dialog confirm' });
    const { id } = await peer.until(({ type }) => type === 'extension_ui_request');
    expect(await peer.ask('set_steering_mode', { mode: 'all' })).not.toHaveProperty('data');
    expect(await peer.data('get_state')).toMatchObject({ steeringMode: 'all', followUpMode: 'one-at-a-time' });
    for (const word of ['one', 'two']) await peer.ask('steer', { message: `echo ${word}` });
    for (const word of ['three', 'four']) await peer.ask('follow_up', { message: `echo ${word}` });
    peer.write(`${JSON.stringify({ type: 'extension_ui_response', id, confirmed: true })}\n`);
    await peer.until(({ type }) => type === 'agent_end');
    expect(await said(peer)).toEqual([
      ...['dialog confirm', 'You answered: yes'],
      ...['echo one', 'echo two', 'one', 'two'],
      ...['echo three', 'three', 'echo four', 'four'],
    ]);
    expect(await peer.ask('set_steering_mode', { mode: 'one-at-a-time' })).toMatchObject({ success: true });
    expect(await peer.data('get_state')).toMatchObject({ steeringMode: 'one-at-a-time' });
  });

  it('refuse what nobody knows: a command, or a way to take up messages', async () => {
    const peer = scene.peer();
    const unknown = 'Cannot carry out command: fly is unknown';
    expect(await peer.ask('fly')).toMatchObject({ command: 'fly', success: false, error: unknown });
    for (const type of ['set_steering_mode', 'set_follow_up_mode']) {
      const refused = await peer.ask(type, { mode: 'backwards' });
      expect(refused).toMatchObject({ command: type, success: false, error: expect.stringContaining('mode') });
    }
  });
});
