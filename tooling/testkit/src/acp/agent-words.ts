import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { type AgentContext, methods, RequestError, type StopReason } from '@agentclientprotocol/sdk';
import type { AgentConversation } from './agent-conversation.ts';

/** What the small agent has to work with. */
export interface AgentTurn {
  readonly client: AgentContext;
  readonly conversation: AgentConversation;
  /** Pictures that came with the prompt. */
  readonly images: number;
  /** Whether the client has terminals. */
  readonly terminals: boolean;
  readonly say: (text: string) => Promise<void>;
  /** Aborted when the client cancels. */
  readonly signal: AbortSignal;
}

type Word = (rest: string, turn: AgentTurn) => Promise<StopReason | undefined>;

/** What prompts mean: the first word decides. */
const WORDS: Readonly<Record<string, Word>> = {
  echo: async (rest, { say }) => {
    await say(rest);
    return undefined;
  },
  stream: async (rest, { say, signal }) => {
    const [count = 0, paceMs = 0] = rest.split(' ').map(Number);
    for (let token = 0; token < count; token += 1) {
      if (signal.aborted) return 'cancelled';
      await say(`t${String(token % 1000).padStart(3, '0')}`);
      if (paceMs > 0) await pause(paceMs, signal);
    }
    return undefined;
  },
  think: async (rest, { client, conversation, say }) => {
    for (let token = 0; token < Number(rest); token += 1) {
      await update(client, conversation, {
        sessionUpdate: 'agent_thought_chunk',
        content: { type: 'text', text: 'hm, ' },
      });
    }
    await say('Thought.');
    return undefined;
  },
  bash: async (line, { client, conversation, terminals, say, signal }) => {
    const { sessionId } = conversation;
    const toolCallId = `call-${conversation.said.length}`;
    await update(client, conversation, {
      sessionUpdate: 'tool_call',
      toolCallId,
      title: line,
      name: 'bash',
      kind: 'execute',
      status: 'pending',
      rawInput: { command: line },
    });
    if (!terminals) {
      await update(client, conversation, { sessionUpdate: 'tool_call_update', toolCallId, status: 'failed' });
      await say('There are no terminals.');
      return undefined;
    }
    const terminal = await client.createTerminal({ sessionId, command: line, outputByteLimit: 65_536 });
    await update(client, conversation, {
      sessionUpdate: 'tool_call_update',
      toolCallId,
      status: 'in_progress',
      content: [{ type: 'terminal', terminalId: terminal.id }],
    });
    const { exitCode, signal: endedBy } = await terminal.waitForExit();
    const { output } = await terminal.currentOutput();
    await terminal.release();
    await update(client, conversation, {
      sessionUpdate: 'tool_call_update',
      toolCallId,
      status: exitCode === 0 ? 'completed' : 'failed',
    });
    if (signal.aborted) return 'cancelled';
    await say(`It ended with ${endedBy ?? exitCode} and said ${output.trim()}`);
    return undefined;
  },
  permission: async (rest, { client, conversation, say, signal }) => {
    const { outcome } = await client.request(methods.client.session.requestPermission, {
      sessionId: conversation.sessionId,
      toolCall: { toolCallId: 'call-p', title: rest || 'do it' },
      options: [
        { optionId: 'yes', name: 'Allow', kind: 'allow_once' },
        { optionId: 'no', name: 'Reject', kind: 'reject_once' },
      ],
    });
    if (signal.aborted) return 'cancelled';
    await say(outcome.outcome === 'selected' ? `You chose ${outcome.optionId}` : 'You chose nothing');
    return undefined;
  },
  plan: async (_, { client, conversation, say }) => {
    await update(client, conversation, {
      sessionUpdate: 'plan',
      entries: [{ content: 'Look', priority: 'high', status: 'in_progress' }],
    });
    await say('Planned.');
    return undefined;
  },
  tell: async (_, { client, conversation, say }) => {
    await update(client, conversation, { sessionUpdate: 'session_info_update', title: 'A fine talk' });
    await update(client, conversation, { sessionUpdate: 'current_mode_update', currentModeId: 'careful' });
    await update(client, conversation, { sessionUpdate: 'usage_update', used: 500, size: 1_000 });
    await update(client, conversation, {
      sessionUpdate: 'available_commands_update',
      availableCommands: [{ name: 'review', description: 'Looks again' }],
    });
    await update(client, conversation, { sessionUpdate: 'notice', severity: 'warning', title: 'Mind the gap' });
    await say('Told.');
    return undefined;
  },
  images: async (_, { images, say }) => {
    await say(`${images} pictures`);
    return undefined;
  },
  remember: async (_, { conversation, say }) => {
    await say(conversation.said.map(({ text }) => text).join(' | '));
    return undefined;
  },
  variable: async (name, { say }) => {
    await say(process.env[name] ?? 'not there');
    return undefined;
  },
  hang: async (_, { signal }) => {
    await pause(2 ** 31 - 1, signal);
    return 'cancelled';
  },
  stubborn: async () => {
    await new Promise(() => setInterval(() => {}, 1_000_000));
    return undefined;
  },
  deaf: async () => {
    process.on('SIGTERM', () => {});
    await new Promise(() => setInterval(() => {}, 1_000_000));
    return undefined;
  },
  fail: async (rest) => {
    const [status = 500, retryAfterS] = rest.split(' ').map(Number);
    const retry = retryAfterS === undefined ? '' : `, retry after ${retryAfterS}`;
    throw RequestError.internalError({ details: `provider answered with HTTP ${status}${retry}` });
  },
  crash: async () => {
    process.stderr.write('The sky is falling\n');
    process.exit(3);
  },
  /** Dies, and leaves a program of its own behind. */
  orphan: async () => {
    spawn('sleep', ['1000'], { stdio: 'ignore' });
    process.exit(3);
  },
  /** Ends its side of the conversation and lives on. */
  hush: async () => {
    closeSync(1);
    await new Promise(() => setInterval(() => {}, 1_000_000));
    return undefined;
  },
  /** Begins to make its context smaller, and does not come to an end. */
  compacting: async (_, { client, conversation, signal }) => {
    await update(client, conversation, {
      sessionUpdate: 'compaction_update',
      compactionId: 'compaction-1',
      status: 'in_progress',
    });
    await pause(2 ** 31 - 1, signal);
    return 'cancelled';
  },
  /** At SIGUSR2, which is to come after its answer, begins a tool by itself and never ends it; with a word it asks for leave as well. */
  beside: async (asks, { client, conversation }) => {
    const { sessionId } = conversation;
    process.once('SIGUSR2', async () => {
      const toolCall = { toolCallId: 'beside', title: 'build' };
      await update(client, conversation, { sessionUpdate: 'tool_call', ...toolCall, status: 'in_progress' });
      if (asks === '') return;
      const options = [{ optionId: 'yes', name: 'Allow', kind: 'allow_once' as const }];
      await client.request(methods.client.session.requestPermission, { sessionId, toolCall, options });
    });
    return undefined;
  },
  /** Says a line that is longer than anybody has to read. */
  shout: async (bytes, { client, conversation }) => {
    const text = 'A'.repeat(Number(bytes));
    await update(client, conversation, { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } });
    return undefined;
  },
  busy: async (ms, { say }) => {
    const end = Date.now() + Number(ms);
    while (Date.now() < end);
    await say('Done with it.');
    return undefined;
  },
  /** Writes to the client as fast as it can, and never listens. */
  flood: async (ms, { client, conversation }) => {
    const end = Date.now() + Number(ms);
    while (Date.now() < end) {
      await update(client, conversation, {
        sessionUpdate: 'agent_message_chunk',
        content: { type: 'text', text: 'x'.repeat(1_000) },
      });
    }
    return undefined;
  },
};

/** Does what a prompt asks for; what it does not understand it repeats. */
export async function work(prompt: string, turn: AgentTurn): Promise<StopReason> {
  const [, word = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(prompt) ?? [];
  const act = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
  if (act !== undefined) return (await act(rest, turn)) ?? 'end_turn';
  await turn.say(`You said: ${prompt}`);
  return 'end_turn';
}

type Update = Parameters<typeof sendUpdate>[2];

function sendUpdate(
  client: AgentContext,
  sessionId: string,
  update: import('@agentclientprotocol/sdk').SessionUpdate,
): Promise<void> {
  return client.notify(methods.client.session.update, { sessionId, update });
}

function update(client: AgentContext, { sessionId }: AgentConversation, news: Update): Promise<void> {
  return sendUpdate(client, sessionId, news);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
