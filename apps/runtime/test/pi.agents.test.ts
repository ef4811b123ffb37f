import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AgentName,
  type ModelServer,
  modelText,
  needAgent,
  startDaemon,
  startModelServer,
  type TestDaemon,
  writePiAgentDir,
} from '@sessiond/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect, numbered, startAgent, textOf, untilEvent } from './agent-client.ts';
import type { TerminalClient } from './terminal-client.ts';

const GENERATIONS: readonly { readonly name: AgentName; readonly node?: AgentName }[] = [
  { name: 'pi-0.74' },
  { name: 'pi-0.87', node: 'node24' },
];

/** An extension with a tool that asks a person. */
const ASKS = `
export default (pi) => pi.registerTool({
  name: 'ask', label: 'ask', description: 'Asks', parameters: { type: 'object', properties: {} },
  execute: async (_id, _args, _signal, _update, context) => {
    const choice = await context.ui.select('Which?', ['red', 'green']);
    return { content: [{ type: 'text', text: 'chose ' + choice }], details: {} };
  },
});
`;

describe.each(GENERATIONS)('real $name in the daemon', ({ name, node }) => {
  const clients: TerminalClient[] = [];
  let folder: string;
  let work: string;
  let server: ModelServer;
  let daemon: TestDaemon | undefined;
  let flags: readonly string[];

  beforeEach(async (context) => {
    const pi = needAgent(context, name);
    const program = node && needAgent(context, node);
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'pi-daemon-')));
    work = join(folder, 'work');
    mkdirSync(join(work, '.pi', 'extensions'), { recursive: true });
    writeFileSync(join(work, '.pi', 'extensions', 'asks.js'), ASKS);
    server = await startModelServer();
    writePiAgentDir(join(folder, 'agent'), server.baseUrl);
    flags = [
      ...['--no-tcp', '--pi-package', pi.packageDir, '--pi-agent-dir', join(folder, 'agent'), '--pi-spares', '0'],
      ...['--pi-trust', work, '--provider-pause-ms', '1500'],
      ...(program === undefined ? [] : ['--pi-node', program.programPath]),
    ];
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.cut();
    const end = await daemon?.stop();
    daemon = undefined;
    await server?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    if (end !== undefined) expect(end).toMatchObject({ exitCode: 0, leftover: [] });
  });

  async function start(stateDir?: string): Promise<TestDaemon> {
    daemon = await startDaemon({ flags, ...(stateDir !== undefined && { stateDir }) });
    return daemon;
  }

  async function agent(): Promise<{ readonly client: TerminalClient; readonly sessionId: string }> {
    const client = await connect(daemon ?? (await start()), clients);
    const sessionId = await startAgent(client, { agent: { backend: 'pi' }, cwd: work });
    await client.ask('switch_session', { sessionId, after: 0 });
    return { client, sessionId };
  }

  it('[S42] streams text and thoughts, runs a tool, sees pictures, and tells each event once and in order', async () => {
    const { client, sessionId } = await agent();
    server.replyNext({ thinking: 'Hm.', text: modelText(4_000) });
    let bytes = 0;
    client.wire.ws.on('message', (data: Buffer) => {
      if (data.includes('"message_update"')) bytes += data.length;
    });
    expect((await client.ask('prompt', { sessionId, message: 'count' }))['text']).toBe(modelText(4_000));
    await client.until(() => textOf(client, sessionId).length >= 16_000);
    expect(textOf(client, sessionId)).toBe(modelText(4_000));
    expect(bytes).toBeLessThanOrEqual(3 * 16_000);
    const { text } = await client.ask('prompt', { sessionId, message: `bash pwd; echo "[$HOME]"` });
    expect(text).toContain(work);
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
    const { client, sessionId } = await agent();
    for (const message of ['hang headers', 'stream 100000 5']) {
      const index = server.requests.length;
      const prompted = client.command('prompt', { sessionId, message });
      const request = await server.request(index);
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
        .filter((line) => /^\d+$/.test(line));
    await expect.poll(pids).toHaveLength(2);
    expect(pids().map(runs)).toEqual([true, true]);
    await client.ask('abort', { sessionId });
    expect(await prompted).toMatchObject({ code: 'CANCELLED' });
    await expect.poll(() => pids().filter(runs)).toEqual([]);
    expect(await client.ask('get_state', { sessionId })).toMatchObject({ state: 'idle', restarts: 0 });
  });

  it('[S27] lets a second client answer a dialog that a prompt of the first has raised', async () => {
    const { client, sessionId } = await agent();
    server.replyNext({ toolCalls: [{ name: 'ask', arguments: {} }] });
    const prompted = client.ask('prompt', { sessionId, message: 'ask me' });
    await untilEvent(client, 'extension_ui_request');
    const second = await connect(daemon!, clients);
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
    const { client, sessionId } = await agent();
    const prompted = client.ask('prompt', { sessionId, message: 'bash sleep 1' });
    await untilEvent(client, 'tool_execution_start');
    await client.ask('follow_up', { sessionId, message: 'say last' });
    await client.ask('steer', { sessionId, message: 'say first' });
    expect((await prompted)['text']).toBe('last');
    expect(server.requests.map(({ prompt }) => prompt)).toEqual(['bash sleep 1', 'say first', 'say last']);
    await client.ask('set_model', { sessionId, provider: 'loopback', modelId: 'large' });
    await client.ask('prompt', { sessionId, message: 'say it' });
    expect(server.requests.at(-1)?.model).toBe('large');
  });

  it('[S32] fails prompts with what the provider said, asks it no more after five failures, and does again later', async () => {
    const { client, sessionId } = await agent();
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
    const asked = server.requests.length;
    const refused = await client.command('prompt', { sessionId, message: 'say now' });
    expect(refused).toMatchObject({ code: 'CIRCUIT_OPEN', retryAfterMs: expect.any(Number) });
    expect(server.requests).toHaveLength(asked);
    await expect
      .poll(async () => (await client.command('prompt', { sessionId, message: 'say now' }))['success'])
      .toBe(true);
  });

  it('[S26] reports a turn whose process is killed as interrupted, and goes on with the conversation', async () => {
    const { client, sessionId } = await agent();
    await client.ask('prompt', { sessionId, message: 'say one' });
    const prompted = client.command('prompt', { sessionId, message: 'hang first-token' });
    await server.request(1);
    const { pid } = (await client.ask('get_state', { sessionId })) as { pid: number };
    process.kill(pid, 'SIGKILL');
    expect(await prompted).toMatchObject({ code: 'AGENT_FAILED', details: { interrupted: true } });
    await untilEvent(client, 'agent_restarted');
    await expect.poll(async () => (await client.ask('get_state', { sessionId }))['state']).toBe('idle');
    expect((await client.ask('prompt', { sessionId, message: 'say two' }))['text']).toBe('two');
    const body = JSON.stringify(server.requests.at(-1)?.body);
    for (const said of ['say one', 'hang first-token', 'say two']) expect(body).toContain(said);
  });

  it('[S39] takes a conversation up again after the daemon was killed in the middle of a turn', async () => {
    const stateDir = join(folder, 'state');
    const first = await start(stateDir);
    const { client, sessionId } = await agent();
    await client.ask('set_session_name', { sessionId, name: 'Kept' });
    await client.ask('prompt', { sessionId, message: 'say one' });
    void client.command('prompt', { sessionId, message: 'hang first-token' }).catch(() => {});
    const request = await server.request(1);
    const { pid } = (await client.ask('get_state', { sessionId })) as { pid: number };
    await first.kill();
    expect(await request.closed).toBe('abandoned');
    await expect.poll(() => runs(String(pid))).toBe(false);

    const second = await start(stateDir);
    const again = await connect(second, clients);
    const { sessions } = (await again.ask('list_stored_sessions', {})) as { sessions: Record<string, unknown>[] };
    expect(sessions).toMatchObject([{ backend: 'pi', firstMessage: 'say one', cwd: work }]);
    const loaded = await again.ask('load_session', { sessionPath: sessions[0]!['sessionPath'] });
    const taken = loaded['sessionId'] as string;
    expect(await again.command('load_session', { sessionPath: sessions[0]!['sessionPath'] })).toMatchObject({
      success: false,
    });
    expect((await again.ask('prompt', { sessionId: taken, message: 'say two' }))['text']).toBe('two');
    const body = JSON.stringify(server.requests.at(-1)?.body);
    for (const said of ['say one', 'hang first-token', 'say two']) expect(body).toContain(said);
  });
});

const ONE_PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';

/** Whether a process is there and not only waits for its parent to take notice of its end. */
function runs(pid: string): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').split(')').at(-1)!.startsWith(' Z');
  } catch {
    return false;
  }
}
