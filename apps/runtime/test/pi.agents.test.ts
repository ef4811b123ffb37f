import { isRunning, modelText, PI_GENERATIONS } from '@sessiond/testkit';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { numbered, textOf, untilEvent } from './agent-client.ts';
import { PiScene } from './pi-scene.ts';

describe.each(PI_GENERATIONS)('real $name in the daemon', (generation) => {
  let scene: PiScene | undefined;
  beforeEach(async (context) => {
    scene ??= await PiScene.start(context, generation);
  });
  afterEach(() => scene?.cutClients());
  afterAll(() => scene?.close());

  it('[S42] streams text and thoughts, runs a tool, sees pictures, and tells each event once and in order', async () => {
    const { client, sessionId } = await scene!.agent();
    scene!.model.replyNext({ thinking: 'Hm.', text: modelText(4_000) });
    let bytes = 0;
    client.wire.ws.on('message', (data: Buffer) => {
      if (data.includes('"message_update"')) bytes += data.length;
    });
    expect((await client.ask('prompt', { sessionId, message: 'count' }))['text']).toBe(modelText(4_000));
    await client.until(() => textOf(client, sessionId).length >= 16_000);
    expect(textOf(client, sessionId)).toBe(modelText(4_000));
    expect(bytes).toBeLessThanOrEqual(3 * 16_000);
    const { text } = await client.ask('prompt', { sessionId, message: `bash pwd; echo "[$HOME]"` });
    expect(text).toContain(scene!.work);
    await untilEvent(client, 'tool_execution_end');
    const images = [{ type: 'image', mimeType: 'image/png', data: ONE_PIXEL }];
    expect((await client.ask('prompt', { sessionId, message: 'look', images }))['text']).toBe('You showed 1 pictures.');
    const { end } = (await client.ask('get_state', { sessionId })) as { end: number };
    await client.until(() => numbered(client, sessionId).at(-1)?.seq === end - 1);
    expect(numbered(client, sessionId).map(({ seq }) => seq)).toEqual(
      Array.from({ length: end - 1 }, (_, at) => at + 1),
    );
  });

  it('[S26] aborts before headers, while streaming and inside a tool with grandchildren, and answers the prompt', async () => {
    const { client, sessionId } = await scene!.agent();
    for (const message of ['hang headers', 'stream 100000 5']) {
      const index = scene!.model.requests.length;
      const prompted = client.command('prompt', { sessionId, message });
      const request = await scene!.model.request(index);
      expect(await client.ask('abort', { sessionId })).toMatchObject({ aborted: true });
      expect(await prompted).toMatchObject({ success: false, code: 'CANCELLED' });
      expect(await request.closed).toBe('abandoned');
    }
    const message = 'bash sleep 1000 & echo $!; (sleep 1001; true) & echo $!; wait';
    const prompted = client.command('prompt', { sessionId, message });
    const pids = () =>
      numbered(client, sessionId)
        .map(({ event }) => (event['type'] === 'tool_execution_update' ? String(event['delta']) : ''))
        .join('')
        .split('\n')
        .filter((line) => /^\d+$/.test(line))
        .map(Number);
    await expect.poll(pids).toHaveLength(2);
    expect(pids().map(isRunning)).toEqual([true, true]);
    await client.ask('abort', { sessionId });
    expect(await prompted).toMatchObject({ code: 'CANCELLED' });
    await expect.poll(() => pids().filter(isRunning)).toEqual([]);
    expect(await client.ask('get_state', { sessionId })).toMatchObject({ state: 'idle', restarts: 0 });
  });

  it('[S27] lets a second client answer a dialog that a prompt of the first has raised', async () => {
    const { client, sessionId } = await scene!.agent();
    scene!.model.replyNext({ toolCalls: [{ name: 'ask', arguments: {} }] });
    const prompted = client.ask('prompt', { sessionId, message: 'ask me' });
    await untilEvent(client, 'extension_ui_request');
    const second = await scene!.connect();
    const { requests } = (await second.ask('list_pending_ui', { sessionId })) as { requests: { requestId: string }[] };
    expect(requests).toMatchObject([{ method: 'select', title: 'Which?', options: ['red', 'green'] }]);
    const { requestId } = requests[0]!;
    expect(await second.command('extension_ui_response', { sessionId, requestId, value: 'blue' })).toMatchObject({
      code: 'INVALID_COMMAND',
    });
    await second.ask('extension_ui_response', { sessionId, requestId, value: 'green' });
    expect((await prompted)['text']).toContain('chose green');
    expect(await client.command('extension_ui_response', { sessionId, requestId, value: 'red' })).toMatchObject({
      code: 'INVALID_STATE',
    });
  });

  it('[S26] takes steering and a follow-up while a tool runs, and goes to another model', async () => {
    const { client, sessionId } = await scene!.agent();
    const asked = scene!.model.requests.length;
    const prompted = client.ask('prompt', { sessionId, message: 'bash sleep 1' });
    await untilEvent(client, 'tool_execution_start');
    await client.ask('follow_up', { sessionId, message: 'say last' });
    await client.ask('steer', { sessionId, message: 'say first' });
    expect((await prompted)['text']).toBe('last');
    expect(scene!.model.requests.slice(asked).map(({ prompt }) => prompt)).toEqual([
      'bash sleep 1',
      'say first',
      'say last',
    ]);
    await client.ask('set_model', { sessionId, provider: 'loopback', modelId: 'large' });
    await client.ask('prompt', { sessionId, message: 'say it' });
    expect(scene!.model.requests.at(-1)?.model).toBe('large');
  });

  it('[S32] fails prompts with what the provider said, asks it no more after five failures, and does again later', async () => {
    const { client, sessionId } = await scene!.agent();
    expect(await client.command('prompt', { sessionId, message: 'fail 429 2' })).toMatchObject({
      code: 'AGENT_FAILED',
      details: { provider: { provider: 'loopback', model: 'small', kind: 'http', status: 429, retryAfterMs: 2_000 } },
    });
    for (let time = 0; time < 4; time += 1) {
      expect(await client.command('prompt', { sessionId, message: 'fail 500' })).toMatchObject({
        code: 'AGENT_FAILED',
        details: { provider: { kind: 'http', status: 500 } },
      });
    }
    const asked = scene!.model.requests.length;
    const refused = await client.command('prompt', { sessionId, message: 'say now' });
    expect(refused).toMatchObject({ code: 'CIRCUIT_OPEN', retryAfterMs: expect.any(Number) });
    expect(scene!.model.requests).toHaveLength(asked);
    await expect
      .poll(async () => (await client.command('prompt', { sessionId, message: 'say now' }))['success'])
      .toBe(true);
  });

  it('[S26] reports a turn whose process is killed as interrupted, and goes on with the conversation', async () => {
    const { client, sessionId } = await scene!.agent();
    await client.ask('prompt', { sessionId, message: 'say one' });
    const asked = scene!.model.requests.length;
    const prompted = client.command('prompt', { sessionId, message: 'hang first-token' });
    await scene!.model.request(asked);
    const { pid } = (await client.ask('get_state', { sessionId })) as { pid: number };
    process.kill(pid, 'SIGKILL');
    expect(await prompted).toMatchObject({ code: 'AGENT_FAILED', details: { interrupted: true } });
    await untilEvent(client, 'agent_restarted');
    await expect.poll(async () => (await client.ask('get_state', { sessionId }))['state']).toBe('idle');
    expect((await client.ask('prompt', { sessionId, message: 'say two' }))['text']).toBe('two');
    const body = JSON.stringify(scene!.model.requests.at(-1)?.body);
    for (const said of ['say one', 'hang first-token', 'say two']) expect(body).toContain(said);
  });
});

const ONE_PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
