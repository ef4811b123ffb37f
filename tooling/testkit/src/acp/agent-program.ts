import { randomUUID } from 'node:crypto';
import { Readable, Writable } from 'node:stream';
import {
  type AgentContext,
  agent,
  methods,
  ndJsonStream,
  type PromptRequest,
  RequestError,
  type SessionConfigOption,
} from '@agentclientprotocol/sdk';
import { type AgentConversation, ConversationFolder } from './agent-conversation.ts';
import { readAgentOptions } from './agent-options.ts';
import { work } from './agent-words.ts';

/*
 * A small agent of the Agent Client Protocol for tests, on the SDK: a real process with no model behind it. The words of a prompt decide what it does (agent-words.ts).
 */

const MODELS = ['loopback/small', 'loopback/large'];
const LEVELS = ['off', 'low', 'high'];
/** Later than its answer by so much that nobody takes the one for part of the other. */
const LATE_MS = 100;

const options = readAgentOptions(process.argv.slice(2));
const folder = options.folder === undefined ? undefined : new ConversationFolder(options.folder);
const conversations = new Map<string, AgentConversation>();
let terminals = false;

if (options.chatty) {
  process.stdout.write('Welcome to a chatty agent\n{"not": "a message"}\n');
  process.stderr.write('It talks on both\n');
}

agent({ name: 'small-agent' })
  .onRequest(methods.agent.initialize, ({ params }) => {
    terminals = params.clientCapabilities?.terminal === true;
    if (options.mute) return new Promise(() => {});
    return {
      protocolVersion: options.version,
      agentInfo: { name: 'small-agent', version: '1.0.0' },
      authMethods: [{ id: 'key', name: 'A key' }],
      agentCapabilities: {
        loadSession: folder !== undefined && options.resumes !== 'resume',
        promptCapabilities: { image: true },
        sessionCapabilities: {
          ...(folder !== undefined && { list: {} }),
          ...(folder !== undefined && options.resumes === 'resume' && { resume: {} }),
        },
      },
    };
  })
  .onRequest(methods.agent.session.new, ({ params: { cwd } }) => {
    if (options.locked) throw RequestError.authRequired();
    const sessionId = randomUUID();
    return { sessionId, ...open({ sessionId, cwd, said: [] }) };
  })
  .onRequest(methods.agent.session.load, async ({ params: { sessionId, cwd }, client }) => {
    const { said } = read(sessionId);
    const tell = async () => {
      for (const { who, text } of said) {
        const sessionUpdate = who === 'user' ? 'user_message_chunk' : 'agent_message_chunk';
        await client.notify(methods.client.session.update, {
          sessionId,
          update: { sessionUpdate, content: { type: 'text', text } },
        });
      }
    };
    if (options.resumes === 'late') setTimeout(() => void tell(), LATE_MS);
    else await tell();
    return open({ sessionId, cwd, said });
  })
  .onRequest(methods.agent.session.resume, ({ params: { sessionId, cwd } }) => {
    return open({ sessionId, cwd, said: read(sessionId).said });
  })
  .onRequest(methods.agent.session.list, () => ({ sessions: folder?.list() ?? [] }))
  .onRequest(methods.agent.session.setConfigOption, ({ params }) => {
    const conversation = get(params.sessionId);
    const { configId, value } = params;
    if (configId === 'model' && MODELS.includes(String(value))) conversation.model = String(value);
    else if (configId === 'effort' && LEVELS.includes(String(value))) conversation.level = String(value);
    else throw RequestError.invalidParams({ details: 'there is no such value' });
    return { configOptions: settings(conversation) };
  })
  .onRequest(
    'session/set_model',
    (params) => params as { sessionId: string; modelId: string },
    ({ params: { sessionId, modelId } }) => {
      get(sessionId).model = modelId;
      return {};
    },
  )
  .onRequest(methods.agent.session.prompt, ({ params, client }) => prompt(params, client))
  .onNotification(methods.agent.session.cancel, ({ params }) => {
    conversations.get(params.sessionId)?.work.abort();
  })
  .connect(ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin) as ReadableStream<Uint8Array>));

async function prompt({ sessionId, prompt }: PromptRequest, client: AgentContext) {
  const conversation = get(sessionId);
  const { said } = conversation;
  conversation.work = new AbortController();
  const text = prompt.map((block) => (block.type === 'text' ? block.text : '')).join('');
  const images = prompt.filter(({ type }) => type === 'image').length;
  let answer = '';
  const say = async (words: string) => {
    answer += words;
    await client.notify(methods.client.session.update, {
      sessionId,
      update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: words } },
    });
  };
  const { signal } = conversation.work;
  try {
    const stopReason = await work(text, { client, conversation, images, terminals, say, signal });
    const usage = { inputTokens: text.length, outputTokens: answer.length, totalTokens: text.length + answer.length };
    return { stopReason, usage };
  } finally {
    said.push({ who: 'user', text }, { who: 'agent', text: answer });
    folder?.write(conversation);
  }
}

function open(begun: Pick<AgentConversation, 'sessionId' | 'cwd' | 'said'>) {
  const conversation = { ...begun, model: MODELS[0]!, level: LEVELS[0]!, work: new AbortController() };
  conversations.set(begun.sessionId, conversation);
  folder?.write(conversation);
  const modes = { currentModeId: 'bold', availableModes: ['bold', 'careful'].map((id) => ({ id, name: id })) };
  if (options.config === 'none') return {};
  if (options.config === 'settings') return { modes, configOptions: settings(conversation) };
  const availableModels = ['small', 'large'].map((modelId) => ({ modelId, name: modelId }));
  return { modes, models: { currentModelId: 'small', availableModels } };
}

function settings({ model, level }: AgentConversation): SessionConfigOption[] {
  const list = (values: readonly string[]) => values.map((value) => ({ value, name: value }));
  return [
    { type: 'select', id: 'model', name: 'Model', category: 'model', currentValue: model, options: list(MODELS) },
    {
      type: 'select',
      id: 'effort',
      name: 'Effort',
      category: 'thought_level',
      currentValue: level,
      options: list(LEVELS),
    },
  ];
}

function read(sessionId: string) {
  const stored = folder?.read(sessionId);
  if (stored === undefined) throw RequestError.resourceNotFound(sessionId);
  return stored;
}

function get(sessionId: string): AgentConversation {
  const conversation = conversations.get(sessionId);
  if (conversation === undefined) throw RequestError.resourceNotFound(sessionId);
  return conversation;
}
