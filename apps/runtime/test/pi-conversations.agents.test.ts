import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { modelText, PI_GENERATIONS } from '@sessiond/testkit';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { numbered, textOf, untilEvent } from './agent-client.ts';
import { PiScene } from './pi-scene.ts';
import type { TerminalClient } from './terminal-client.ts';

interface State {
  readonly sessionFile: string;
  readonly pid: number;
  readonly end: number;
}

interface Tree {
  readonly leafId: string;
  readonly entries: readonly { readonly id: string; readonly role?: string; readonly text?: string }[];
}

describe.each(PI_GENERATIONS)('conversations of real $name in the daemon', (generation) => {
  let scene: PiScene | undefined;
  beforeEach(async (context) => {
    scene ??= await PiScene.start(context, generation);
  });
  afterEach(() => scene?.cutClients());
  afterAll(() => scene?.close());

  const stateOf = async (client: TerminalClient, sessionId: string): Promise<State> =>
    (await client.ask('get_state', { sessionId })) as unknown as State;

  /** What a person said, as far as the conversation reaches now. */
  async function said(client: TerminalClient, sessionId: string): Promise<string[]> {
    const { messages } = await client.ask('get_messages', { sessionId });
    return (messages as { role: string; content: { text: string }[] }[])
      .filter(({ role }) => role === 'user')
      .map(({ content }) => content[0]!.text);
  }

  async function forkPoint(client: TerminalClient, sessionId: string, text: string): Promise<string> {
    const { messages } = await client.ask('get_fork_messages', { sessionId });
    return (messages as { entryId: string; text: string }[]).find((each) => each.text === text)!.entryId;
  }

  const load = (client: TerminalClient, sessionPath: string): Promise<Record<string, unknown>> =>
    client.command('load_session', { sessionPath });

  it('[AG18] sums a conversation up, ends that when somebody else says so, and tells everybody who follows', async () => {
    const { client, sessionId } = await scene!.agent();
    await client.ask('prompt', { sessionId, message: 'say a word to forget' });
    await client.ask('prompt', { sessionId, message: 'say a word to keep' });
    const other = await scene!.connect();
    await other.ask('attach', { sessionId });

    const asked = scene!.model.requests.length;
    scene!.model.replyNext({ hangsBefore: 'headers' });
    const ended = client.command('compact', { sessionId });
    const request = await scene!.model.request(asked);
    expect(await other.ask('get_state', { sessionId })).toMatchObject({ isCompacting: true, state: 'running' });
    expect(await other.ask('abort_compaction', { sessionId })).toMatchObject({ aborted: true });
    expect(await ended).toMatchObject({ success: false, code: 'CANCELLED' });
    expect(await request.closed).toBe('abandoned');
    expect(await other.ask('get_state', { sessionId })).toMatchObject({ isCompacting: false, state: 'idle' });
    expect(await other.ask('abort_compaction', { sessionId })).toMatchObject({ aborted: false });

    scene!.model.replyNext({ text: 'They said words.' }, { text: 'They said words.' });
    const compacted = await client.ask('compact', { sessionId, customInstructions: 'Mind the words.' });
    expect(compacted['summary']).toContain('They said words.');
    expect(compacted['tokensBefore']).toBeGreaterThan(0);
    // It asks about a turn that is cut in two in a request of its own.
    const bodies = scene!.model.requests.slice(asked + 1).map(({ body }) => JSON.stringify(body));
    expect(bodies.some((body) => body.includes('Mind the words.'))).toBe(true);
    for (const each of [client, other]) {
      await untilEvent(each, 'compaction_end', 2);
      const told = numbered(each, sessionId).filter(({ type }) => type.startsWith('compaction_'));
      expect(told.map(({ event }) => event)).toMatchObject([
        { type: 'compaction_start', reason: 'manual' },
        { type: 'compaction_end', aborted: true },
        { type: 'compaction_start', reason: 'manual' },
        { type: 'compaction_end', aborted: false, tokensBefore: compacted['tokensBefore'] },
      ]);
    }
    await client.ask('prompt', { sessionId, message: 'say more' });
    const body = JSON.stringify(scene!.model.requests.at(-1)!.body);
    expect(body).toContain('They said words.');
    expect(body).not.toContain('a word to forget');
  });

  it('[S38] forks into a file of its own, which it has from then on, and leaves the other to whoever wants it', async () => {
    const { client, sessionId } = await scene!.agent();
    for (const word of ['one', 'two']) await client.ask('prompt', { sessionId, message: `say ${word}` });
    const { sessionFile: first } = await stateOf(client, sessionId);
    const other = await scene!.connect();
    expect(await load(other, first)).toMatchObject({ code: 'SESSION_BUSY' });

    const entryId = await forkPoint(client, sessionId, 'say two');
    const forked = await client.ask('fork', { sessionId, entryId });
    const second = forked['sessionFile'] as string;
    expect(forked).toMatchObject({ cancelled: false, text: 'say two' });
    expect(second).not.toBe(first);
    expect(await stateOf(client, sessionId)).toMatchObject({ sessionFile: second });
    expect(await said(client, sessionId)).toEqual(['say one']);
    await client.ask('prompt', { sessionId, message: 'say three' });
    const body = JSON.stringify(scene!.model.requests.at(-1)!.body);
    for (const text of ['say one', 'say three']) expect(body).toContain(text);
    expect(body).not.toContain('say two');
    await client.until(() => textOf(client, sessionId).endsWith('three'));
    expect(textOf(client, sessionId)).toBe('onetwothree');

    expect(await load(other, second)).toMatchObject({ code: 'SESSION_BUSY' });
    const beside = await scene!.startDaemon(join(scene!.folder, 'beside'));
    try {
      const stranger = await scene!.connect(beside);
      expect(await load(stranger, second)).toMatchObject({ code: 'SESSION_BUSY' });
      stranger.cut();
    } finally {
      await beside.stop();
    }
    const taken = (await other.ask('load_session', { sessionPath: first }))['sessionId'] as string;
    expect(await said(other, taken)).toEqual(['say one', 'say two']);
    const goBack = { sessionId, sessionPath: first };
    expect(await client.command('switch_session_file', goBack)).toMatchObject({ code: 'SESSION_BUSY' });
    expect(await said(client, sessionId)).toEqual(['say one', 'say three']);
    await other.ask('delete_session', { sessionId: taken });
    expect(await client.ask('switch_session_file', goBack)).toMatchObject({ cancelled: false, sessionFile: first });
    expect(await said(client, sessionId)).toEqual(['say one', 'say two']);
    expect(await load(other, second)).toMatchObject({ success: true });
    expect(await client.command('fork', { sessionId, entryId: 'none' })).toMatchObject({
      code: 'INVALID_COMMAND',
      details: { field: 'entryId' },
    });
  });

  it('[S38] goes on in a copy, which is its own from then on, and leaves what it copied to whoever wants it', async () => {
    const { client, sessionId } = await scene!.agent();
    expect(await client.command('clone', { sessionId })).toMatchObject({ code: 'INVALID_STATE' });
    await client.ask('prompt', { sessionId, message: 'say one' });
    const { sessionFile: first } = await stateOf(client, sessionId);
    const { sessionFile: second } = (await client.ask('clone', { sessionId })) as unknown as State;
    expect(second).not.toBe(first);
    expect(await stateOf(client, sessionId)).toMatchObject({ sessionFile: second });
    const other = await scene!.connect();
    const taken = (await other.ask('load_session', { sessionPath: first }))['sessionId'] as string;
    expect(await load(other, second)).toMatchObject({ code: 'SESSION_BUSY' });
    await client.ask('prompt', { sessionId, message: 'say two' });
    await other.ask('prompt', { sessionId: taken, message: 'say otherwise' });
    expect(await said(client, sessionId)).toEqual(['say one', 'say two']);
    expect(await said(other, taken)).toEqual(['say one', 'say otherwise']);
  });

  it('[S41] tells a subscriber that stalls for two seconds of a reply everything, or exactly what it missed', async () => {
    const { client, sessionId } = await scene!.agent();
    const stalled = await scene!.connect();
    await stalled.ask('switch_session', { sessionId, after: 0 });
    const prompted = client.ask('prompt', { sessionId, message: 'stream 4000 0.6' });
    await untilEvent(stalled, 'message_update');
    stalled.wire.ws.pause();
    await delay(2_000);
    stalled.wire.ws.resume();
    await prompted;
    const { end } = await stateOf(client, sessionId);
    await stalled.until(() => numbered(stalled, sessionId).at(-1)?.seq === end - 1);
    const gaps = stalled.eventsOf('events_gap').map(({ event }) => event as { from: number; to: number });
    const missed = gaps.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, at) => from + at));
    const numbers = [...numbered(stalled, sessionId).map(({ seq }) => seq), ...missed].sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: end - 1 }, (_, at) => at + 1));
    if (gaps.length === 0) expect(textOf(stalled, sessionId)).toBe(modelText(4_000));
    expect(textOf(client, sessionId)).toBe(modelText(4_000));
  });

  it('[AG11] lets no other session wait while an agent keeps its processor busy, and ends its process when it is aborted', async () => {
    const { client, sessionId } = await scene!.agent(scene!.workspace('busy'));
    const { client: second, sessionId: steady } = await scene!.agent();
    scene!.model.replyNext({ toolCalls: [{ name: 'spin', arguments: {} }] });
    const spun = client.command('prompt', { sessionId, message: 'spin' });
    await untilEvent(client, 'tool_execution_start');
    const { pid } = await stateOf(client, sessionId);
    await second.ask('prompt', { sessionId: steady, message: 'say not held up' });
    expect(await second.ask('prompt', { sessionId: steady, message: 'bash echo nor a tool' })).toMatchObject({
      text: expect.stringContaining('nor a tool'),
    });
    expect((await second.attach(await second.runRaw('echo nor a terminal; sleep 1000'))).channel).toBeGreaterThan(0);
    expect(await client.ask('get_state', { sessionId })).toMatchObject({ state: 'running', pid, restarts: 0 });

    expect(await second.ask('abort', { sessionId })).toMatchObject({ aborted: true });
    expect(await spun).toMatchObject({ code: 'CANCELLED' });
    await untilEvent(client, 'agent_restarted');
    expect((await client.ask('prompt', { sessionId, message: 'say still here' }))['text']).toBe('still here');
    expect(await second.ask('get_state', { sessionId: steady })).toMatchObject({ restarts: 0 });
  });

  it('[S39] takes up every conversation on the branch where it was after the daemon was killed in the middle of a turn', async () => {
    const { client, sessionId } = await scene!.agent();
    await client.ask('set_session_name', { sessionId, name: 'Kept' });
    for (const word of ['one', 'two']) await client.ask('prompt', { sessionId, message: `say ${word}` });
    const entryId = await forkPoint(client, sessionId, 'say two');
    expect(await client.ask('navigate_tree', { sessionId, entryId })).toMatchObject({
      cancelled: false,
      editorText: 'say two',
    });
    expect(await said(client, sessionId)).toEqual(['say one']);
    await client.ask('prompt', { sessionId, message: 'say three' });
    const { client: forker, sessionId: forked } = await scene!.agent();
    for (const word of ['four', 'five']) await forker.ask('prompt', { sessionId: forked, message: `say ${word}` });
    await forker.ask('fork', { sessionId: forked, entryId: await forkPoint(forker, forked, 'say five') });
    const fork = await stateOf(forker, forked);
    const { sessionId: silent } = await scene!.agent();

    const asked = scene!.model.requests.length;
    void client.command('prompt', { sessionId, message: 'hang first-token' }).catch(() => {});
    const request = await scene!.model.request(asked);
    const { sessionFile, pid } = await stateOf(client, sessionId);
    await scene!.killAndRestart([pid]);
    expect(await request.closed).toBe('abandoned');

    const again = await scene!.connect();
    const { sessions } = (await again.ask('list_stored_sessions', {})) as { sessions: Record<string, unknown>[] };
    const stored = sessions.find(({ sessionPath }) => sessionPath === sessionFile);
    expect(stored).toMatchObject({ backend: 'pi', firstMessage: 'say one', cwd: scene!.work });
    expect(await again.ask('load_session', { sessionId })).toMatchObject({ session: { name: 'Kept', sessionFile } });
    expect(await load(again, sessionFile)).toMatchObject({ code: 'SESSION_BUSY' });
    expect(await said(again, sessionId)).toEqual(['say one', 'say three', 'hang first-token']);
    const { leafId, entries } = (await again.ask('get_tree', { sessionId })) as unknown as Tree;
    expect(entries.map(({ id }) => id)).toContain(leafId);
    expect(entries.filter(({ role }) => role === 'user').map(({ text }) => text)).toContain('say two');
    expect((await again.ask('prompt', { sessionId, message: 'say back' }))['text']).toBe('back');
    const body = JSON.stringify(scene!.model.requests.at(-1)!.body);
    for (const text of ['say one', 'say three', 'hang first-token', 'say back']) expect(body).toContain(text);
    expect(body).not.toContain('say two');

    await again.ask('load_session', { sessionId: forked });
    expect(await stateOf(again, forked)).toMatchObject({ sessionFile: fork.sessionFile });
    expect(await said(again, forked)).toEqual(['say four']);
    // pi writes nothing down before something is said.
    expect(await again.command('load_session', { sessionId: silent })).toMatchObject({ code: 'INVALID_STATE' });
  }, 180_000);
});
