import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { modelText, needAgent, PI_GENERATIONS } from '@sessiond/testkit';
import { afterAll, afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { PiScene } from './pi-scene.ts';

/** What pi's own client of its RPC mode offers; only what is used here. */
interface RealRpcClient {
  start(): Promise<void>;
  stop(): Promise<void>;
  onEvent(listener: (event: RpcEvent) => void): () => void;
  promptAndWait(message: string): Promise<RpcEvent[]>;
  prompt(message: string): Promise<void>;
  steer(message: string): Promise<void>;
  abort(): Promise<void>;
  waitForIdle(): Promise<void>;
  getState(): Promise<Record<string, unknown>>;
  getMessages(): Promise<{ role: string; content: unknown }[]>;
  getLastAssistantText(): Promise<string | null>;
  getAvailableModels(): Promise<{ provider: string; id: string }[]>;
  setModel(provider: string, modelId: string): Promise<{ id: string }>;
  getSessionStats(): Promise<Record<string, unknown>>;
  bash(command: string): Promise<Record<string, unknown>>;
  compact(): Promise<{ summary: string }>;
  newSession(): Promise<{ cancelled: boolean }>;
  setSessionName(name: string): Promise<void>;
  getForkMessages(): Promise<{ entryId: string; text: string }[]>;
  fork(entryId: string): Promise<{ text: string; cancelled: boolean }>;
  exportHtml(outputPath?: string): Promise<{ path: string }>;
  followUp(message: string): Promise<void>;
  switchSession(sessionPath: string): Promise<{ cancelled: boolean }>;
  clone(): Promise<{ cancelled: boolean }>;
  cycleModel(): Promise<{ model: { id: string }; thinkingLevel: string; isScoped: boolean } | null>;
  setThinkingLevel(level: string): Promise<void>;
  cycleThinkingLevel(): Promise<{ level: string } | null>;
  setSteeringMode(mode: string): Promise<void>;
  setFollowUpMode(mode: string): Promise<void>;
  setAutoCompaction(enabled: boolean): Promise<void>;
  setAutoRetry(enabled: boolean): Promise<void>;
  abortRetry(): Promise<void>;
  abortBash(): Promise<void>;
  getCommands(): Promise<{ name: string; source: string }[]>;
}

interface RpcEvent {
  readonly type: string;
  readonly message?: { readonly role: string; readonly content: unknown; readonly stopReason?: string };
  readonly messages?: readonly { readonly role: string; readonly content: unknown }[];
  readonly assistantMessageEvent?: { readonly type: string; readonly delta?: string };
}

const SESSIOND = fileURLToPath(new URL('../bin/sessiond.js', import.meta.url));

const textOf = (content: unknown): string =>
  (content as { type: string; text?: string }[]).map(({ text = '' }) => text).join('');

describe.each(PI_GENERATIONS)("pi's own RPC client with a session of the daemon, which is $name", (generation) => {
  let scene: PiScene | undefined;
  const clients: RealRpcClient[] = [];
  beforeEach(async (context) => {
    scene ??= await PiScene.start(context, generation);
  });
  afterEach(() => Promise.all(clients.splice(0).map((client) => client.stop())));
  afterAll(() => scene?.close());

  /** pi's own client, of the version that speaks RPC as it is documented, with a session of the daemon in place of a pi. */
  async function startClient(context: TestContext, sessionId: string): Promise<RealRpcClient> {
    const pi = needAgent(context, 'pi-0.74');
    const { RpcClient } = (await import(pathToFileURL(join(pi.packageDir, 'dist/index.js')).href)) as {
      RpcClient: new (options: object) => RealRpcClient;
    };
    // It starts a script with `node` and arguments of its own.
    const script = join(scene!.folder, `${sessionId}.mjs`);
    const args = ['stdio', '--rpc-session', sessionId, '--socket', scene!.daemon.socketPath];
    writeFileSync(
      script,
      `process.argv.splice(2, Infinity, ...${JSON.stringify(args)});\nawait import(${JSON.stringify(pathToFileURL(SESSIOND).href)});\n`,
    );
    const client = new RpcClient({ cliPath: script, cwd: scene!.work });
    clients.push(client);
    await client.start();
    return client;
  }

  it('prompts, and hears the same text as pieces, as a message and when it asks', async (context) => {
    const client = await startClient(context, 'talk');
    const events = await client.promptAndWait('stream 500');
    const pieces = events.map(({ assistantMessageEvent: event }) => (event?.type === 'text_delta' ? event.delta : ''));
    expect(pieces.join('')).toBe(modelText(500));
    const ends = events.filter(({ type, message }) => type === 'message_end' && message?.role === 'assistant');
    expect(ends.map(({ message }) => textOf(message!.content))).toEqual([modelText(500)]);
    expect(textOf(events.at(-1)!.messages!.at(-1)!.content)).toBe(modelText(500));
    // pi takes blanks off the end.
    expect(await client.getLastAssistantText()).toBe(modelText(500).trim());
    // The newer pi puts notes of its own on record.
    const roles = (await client.getMessages()).map(({ role }) => role).filter((role) => role !== 'custom');
    expect(roles).toEqual(['user', 'assistant']);
  });

  it('sees a tool at work', async (context) => {
    const client = await startClient(context, 'tool');
    const events = await client.promptAndWait('bash echo from-the-tool');
    expect(events.filter(({ type }) => type.startsWith('tool_execution_'))).toMatchObject([
      { type: 'tool_execution_start', toolName: 'bash', args: { command: 'echo from-the-tool' } },
      ...events.filter(({ type }) => type === 'tool_execution_update'),
      { type: 'tool_execution_end', result: { content: [{ type: 'text', text: 'from-the-tool\n' }] }, isError: false },
    ]);
    expect(await client.getLastAssistantText()).toContain('from-the-tool');
    expect(await client.getSessionStats()).toMatchObject({ userMessages: 1, toolCalls: 1, toolResults: 1 });
  });

  it('steers and aborts', async (context) => {
    const client = await startClient(context, 'steer');
    await client.prompt('bash sleep 1');
    await client.steer('say steered');
    await client.waitForIdle();
    expect(await client.getLastAssistantText()).toBe('steered');
    const before = scene!.model.requests.length;
    await client.prompt('hang end');
    const request = await scene!.model.request(before);
    const idle = client.waitForIdle();
    await client.abort();
    await idle;
    expect(await request.closed).toBe('abandoned');
    expect(await client.getState()).toMatchObject({ isStreaming: false, sessionId: 'steer' });
  });

  it('chooses models, runs a command, forks and begins anew', async (context) => {
    const client = await startClient(context, 'more');
    expect((await client.getAvailableModels()).map(({ provider, id }) => `${provider}/${id}`)).toEqual(
      expect.arrayContaining(['loopback/small', 'loopback/large']),
    );
    expect(await client.setModel('loopback', 'large')).toMatchObject({ id: 'large' });
    await client.promptAndWait('say one');
    expect(scene!.model.requests.at(-1)?.model).toBe('large');
    expect(await client.bash('echo out; exit 3')).toMatchObject({ output: 'out\n', exitCode: 3, cancelled: false });
    await client.setSessionName('Named');
    expect(await client.getState()).toMatchObject({ sessionName: 'Named', model: { id: 'large' } });
    const [message] = await client.getForkMessages();
    expect(message).toMatchObject({ text: 'say one' });
    expect(await client.fork(message!.entryId)).toEqual({ text: 'say one', cancelled: false });
    expect(await client.newSession()).toEqual({ cancelled: false });
    expect(await client.getMessages()).toEqual([]);
  });

  it('sums a conversation up, writes it as a page, and goes to another and back', async (context) => {
    const client = await startClient(context, 'moves');
    for (const word of ['one', 'two']) await client.promptAndWait(`say ${word}`);
    const { sessionFile } = (await client.getState()) as { sessionFile: string };
    expect(await client.newSession()).toEqual({ cancelled: false });
    await client.promptAndWait('say elsewhere');
    expect(await client.switchSession(sessionFile)).toEqual({ cancelled: false });
    expect(await client.getLastAssistantText()).toBe('two');
    expect((await client.getForkMessages()).map(({ text }) => text)).toEqual(['say one', 'say two']);
    await expect(client.switchSession('/etc/passwd')).rejects.toThrow('outside the folders');
    expect(await client.clone()).toEqual({ cancelled: false });
    expect(await client.getLastAssistantText()).toBe('two');
    expect((await client.getState())['sessionFile']).not.toBe(sessionFile);

    const { path } = await client.exportHtml('page.html');
    expect(path).toBe(join(scene!.work, 'page.html'));
    expect(readFileSync(path, 'utf8')).toContain('</html>');
    const events: string[] = [];
    client.onEvent(({ type }) => events.push(type));
    scene!.model.replyNext({ text: 'They counted.' }, { text: 'They counted.' });
    expect((await client.compact()).summary).toContain('They counted.');
    await expect.poll(() => events).toEqual(expect.arrayContaining(['compaction_start', 'compaction_end']));
    await client.promptAndWait('say three');
    expect(JSON.stringify(scene!.model.requests.at(-1)?.body)).toContain('They counted.');
  });

  it('changes how the agent works, and is told of it by the state', async (context) => {
    const client = await startClient(context, 'state');
    expect(await client.getState()).toMatchObject({
      thinkingLevel: 'off',
      model: { id: 'small' },
      autoCompactionEnabled: true,
    });
    expect(await client.cycleModel()).toMatchObject({ model: { id: 'large' }, isScoped: false });
    await client.setThinkingLevel('low');
    expect(await client.cycleThinkingLevel()).toEqual({ level: 'medium' });
    await client.setAutoCompaction(false);
    await client.setAutoRetry(true);
    await client.abortRetry();
    await client.abortBash();
    await client.setSteeringMode('one-at-a-time');
    await client.setFollowUpMode('all');
    expect(await client.getState()).toMatchObject({
      thinkingLevel: 'medium',
      model: { id: 'large' },
      autoCompactionEnabled: false,
      steeringMode: 'one-at-a-time',
      followUpMode: 'all',
    });
    expect(await client.getCommands()).toEqual([]);
    await client.prompt('bash sleep 2');
    for (const word of ['first', 'afterwards']) await client.followUp(`say ${word}`);
    await client.waitForIdle();
    // It is asked once, with both.
    const last = JSON.stringify(scene!.model.requests.at(-1)?.body);
    const before = JSON.stringify(scene!.model.requests.at(-2)?.body);
    for (const text of ['say first', 'say afterwards']) {
      expect(last).toContain(text);
      expect(before).not.toContain(text);
    }
    expect(await client.getLastAssistantText()).toBe('afterwards');
    await client.newSession();
    expect(await client.getState()).toMatchObject({ followUpMode: 'all', autoCompactionEnabled: false });
  });

  it('finds the conversation again with the next client', async (context) => {
    const first = await startClient(context, 'kept');
    await first.promptAndWait('say remembered');
    await first.stop();
    const second = await startClient(context, 'kept');
    expect(await second.getLastAssistantText()).toBe('remembered');
  });
});
