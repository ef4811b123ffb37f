import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
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
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest';

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
}

interface RpcEvent {
  readonly type: string;
  readonly message?: { readonly role: string; readonly content: unknown; readonly stopReason?: string };
  readonly messages?: readonly { readonly role: string; readonly content: unknown }[];
  readonly assistantMessageEvent?: { readonly type: string; readonly delta?: string };
}

const SESSIOND = fileURLToPath(new URL('../bin/sessiond.js', import.meta.url));

let dir: string;
let model: ModelServer;
let daemon: TestDaemon | undefined;
const clients: RealRpcClient[] = [];
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'rpc-client-'));
  model = await startModelServer();
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.stop()));
  await daemon?.stop();
  daemon = undefined;
  await model.close();
  rmSync(dir, { recursive: true });
});

/** Starts a daemon that hosts this pi, under this Node where it needs another. */
async function startHost(context: TestContext, name: AgentName, node?: AgentName): Promise<void> {
  const pi = needAgent(context, name);
  const agentDir = join(dir, 'agent');
  writePiAgentDir(agentDir, model.baseUrl);
  const nodeFlags = node === undefined ? [] : ['--pi-node', needAgent(context, node).programPath];
  daemon = await startDaemon({
    flags: ['--agent-backends', 'pi', '--pi-package', pi.packageDir, '--pi-agent-dir', agentDir, ...nodeFlags],
  });
}

/** pi's own client, of the version that speaks RPC as it is documented, with a session of the daemon in place of a pi. */
async function startClient(context: TestContext, sessionId: string): Promise<RealRpcClient> {
  const pi = needAgent(context, 'pi-0.74');
  const { RpcClient } = (await import(pathToFileURL(join(pi.packageDir, 'dist/index.js')).href)) as {
    RpcClient: new (options: object) => RealRpcClient;
  };
  // It starts a script with `node` and arguments of its own.
  const script = join(dir, `${sessionId}.mjs`);
  const args = ['stdio', '--rpc-session', sessionId, '--socket', daemon!.socketPath];
  writeFileSync(
    script,
    `process.argv.splice(2, Infinity, ...${JSON.stringify(args)});\nawait import(${JSON.stringify(pathToFileURL(SESSIOND).href)});\n`,
  );
  const client = new RpcClient({ cliPath: script, cwd: dir });
  clients.push(client);
  await client.start();
  return client;
}

const textOf = (content: unknown): string =>
  (content as { type: string; text?: string }[]).map(({ text = '' }) => text).join('');

describe.each<[title: string, pi: AgentName, node?: AgentName]>([
  ['pi 0.74.2', 'pi-0.74'],
  ['pi 0.87.1 under Node 24', 'pi-0.87', 'node24'],
])("pi's own RPC client with a session of the daemon, which is %s", (_title, name, node) => {
  it('prompts, and hears the same text as pieces, as a message and when it asks', async (context) => {
    await startHost(context, name, node);
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
    await startHost(context, name, node);
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
    await startHost(context, name, node);
    const client = await startClient(context, 'steer');
    await client.prompt('bash sleep 1');
    await client.steer('say steered');
    await client.waitForIdle();
    expect(await client.getLastAssistantText()).toBe('steered');
    const before = model.requests.length;
    await client.prompt('hang end');
    const request = await model.request(before);
    const idle = client.waitForIdle();
    await client.abort();
    await idle;
    expect(await request.closed).toBe('abandoned');
    expect(await client.getState()).toMatchObject({ isStreaming: false, sessionId: 'steer' });
  });

  it('chooses models, runs a command, forks and begins anew', async (context) => {
    await startHost(context, name, node);
    const client = await startClient(context, 'more');
    expect((await client.getAvailableModels()).map(({ provider, id }) => `${provider}/${id}`)).toEqual(
      expect.arrayContaining(['loopback/small', 'loopback/large']),
    );
    expect(await client.setModel('loopback', 'large')).toMatchObject({ id: 'large' });
    await client.promptAndWait('say one');
    expect((await model.request(0)).model).toBe('large');
    expect(await client.bash('echo out; exit 3')).toMatchObject({ output: 'out\n', exitCode: 3, cancelled: false });
    await client.setSessionName('Named');
    expect(await client.getState()).toMatchObject({ sessionName: 'Named', model: { id: 'large' } });
    const [message] = await client.getForkMessages();
    expect(message).toMatchObject({ text: 'say one' });
    expect(await client.fork(message!.entryId)).toEqual({ text: 'say one', cancelled: false });
    expect(await client.newSession()).toEqual({ cancelled: false });
    expect(await client.getMessages()).toEqual([]);
  });

  it('finds the conversation again with the next client', async (context) => {
    await startHost(context, name, node);
    const first = await startClient(context, 'kept');
    await first.promptAndWait('say remembered');
    await first.stop();
    const second = await startClient(context, 'kept');
    expect(await second.getLastAssistantText()).toBe('remembered');
  });
});
