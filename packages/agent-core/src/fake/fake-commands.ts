import type { AgentCommand, AgentMessage, TokenUsage } from '@sessiond/protocol';
import type { Performed, PerformedType } from '../backend.ts';
import { AgentStateError } from '../errors.ts';
import { messagePage } from '../message-page.ts';
import { tokensOf } from './answer.ts';
import { type ConversationEntry, textOf } from './conversation.ts';
import { FAKE_MODELS, FAKE_THINKING_LEVELS, fakeModel, fakeThinkingLevel, nextOf } from './fake-models.ts';
import { FAKE_WORDS } from './fake-script.ts';
import type { FakeState } from './fake-state.ts';

/** How commands are carried out; those that are missing are not known. */
export type FakeCommands = {
  readonly [T in PerformedType]?: (
    command: AgentCommand<T>,
    signal: AbortSignal,
  ) => Performed<T> | Promise<Performed<T>>;
};

const MAX_BEGINNING = 200;

/** The commands that only ask. */
export function fakeQuestions(state: FakeState): FakeCommands {
  const { files } = state;
  return {
    get_messages: (command) => messagePage(state.conversation.messages(), command),
    get_available_models: () => ({ models: FAKE_MODELS }),
    get_commands: () => ({ commands: FAKE_WORDS.map((word) => ({ ...word, source: 'fake' })) }),
    get_tools: () => ({ tools: [{ name: 'bash', description: 'Runs a line of shell', active: true }] }),
    get_session_stats: () => stats(state.conversation.messages()),
    get_context_usage: () => contextUsage(state),
    get_last_assistant_text: () => ({ text: lastAssistantText(state.conversation.messages()) }),
    get_fork_messages: () => ({
      messages: state.conversation
        .branch()
        .filter(({ message }) => message.role === 'user')
        .map(({ id, message }) => ({ entryId: id, text: textOf(message) })),
    }),
    get_tree: () => ({
      leafId: state.conversation.leafId,
      entries: state.conversation.entries.map(treeEntry),
    }),
    export_html: () => ({ html: page(state.conversation.messages()) }),
    ...(files !== undefined && {
      list_session_files: async (_: unknown, signal: AbortSignal) => ({
        sessions: await files.list({ cwd: state.cwd, limit: 1000 }, signal),
      }),
    }),
  };
}

/** The commands that change something at once. */
export function fakeSettings(state: FakeState): FakeCommands {
  return {
    set_model: ({ provider, modelId }) => {
      state.setModel(fakeModel(`${provider}/${modelId}`, 'modelId'));
      return { model: state.model };
    },
    cycle_model: () => {
      state.setModel(nextOf(FAKE_MODELS, state.model));
      return { model: state.model, thinkingLevel: state.thinkingLevel };
    },
    set_thinking_level: ({ level }) => {
      state.setThinkingLevel(fakeThinkingLevel(level, 'level'));
      return { level };
    },
    cycle_thinking_level: () => {
      state.setThinkingLevel(nextOf(FAKE_THINKING_LEVELS, state.thinkingLevel));
      return { level: state.thinkingLevel };
    },
    set_auto_compaction: ({ enabled }) => {
      state.autoCompactionEnabled = enabled;
      return { enabled };
    },
  };
}

/** The commands that go to another place or another conversation; not while the agent works. */
export function fakeMoves(state: FakeState): FakeCommands {
  const sessionFile = () => (state.sessionPath === undefined ? {} : { sessionFile: state.sessionPath });
  const { files } = state;
  const beginWith = async (said: readonly ConversationEntry[]) => {
    await state.begin();
    for (const { message } of said) state.conversation.add(message);
  };
  return {
    new_session: async () => {
      await state.begin();
      return { cancelled: false, ...sessionFile() };
    },
    fork: async ({ entryId }) => {
      const entry = state.conversation.entry(entryId);
      await beginWith(state.conversation.branch(entry.parentId));
      return { cancelled: false, text: textOf(entry.message), ...sessionFile() };
    },
    clone: async () => {
      const said = state.conversation.branch();
      if (!said.some(({ message }) => message.role === 'assistant')) {
        throw new AgentStateError('Cannot clone: nothing was answered yet');
      }
      await beginWith(said);
      return { cancelled: false, ...sessionFile() };
    },
    navigate_tree: ({ entryId }) => {
      const { id, parentId, message } = state.conversation.entry(entryId);
      const isPerson = message.role === 'user';
      state.conversation.goTo(isPerson ? parentId : id);
      return { cancelled: false, ...(isPerson && { editorText: textOf(message) }) };
    },
    ...(files !== undefined && {
      switch_session_file: async ({ sessionPath }: AgentCommand<'switch_session_file'>) => {
        state.goOnWith(await files.open({ sessionPath }));
        return { cancelled: false, ...sessionFile() };
      },
    }),
  };
}

function treeEntry({ id, parentId, message }: ConversationEntry): Performed<'get_tree'>['entries'][number] {
  const { role, timestamp } = message;
  return { id, parentId, type: 'message', role, text: textOf(message).slice(0, MAX_BEGINNING), timestamp };
}

function stats(messages: readonly AgentMessage[]): Performed<'get_session_stats'> {
  const count = (role: AgentMessage['role']) => messages.filter((message) => message.role === role).length;
  return {
    userMessages: count('user'),
    assistantMessages: count('assistant'),
    toolCalls: messages.flatMap(({ content }) => content).filter(({ type }) => type === 'toolCall').length,
    toolResults: count('toolResult'),
    totalMessages: messages.length,
    tokens: messages
      .map(({ usage }) => usage)
      .filter((usage) => usage !== undefined)
      .reduce(sum, NO_TOKENS),
  };
}

const NO_TOKENS: TokenUsage = Object.freeze({ input: 0, output: 0, cacheRead: 0, cacheWrite: 0, totalTokens: 0 });

function sum(a: TokenUsage, b: TokenUsage): TokenUsage {
  return {
    input: a.input + b.input,
    output: a.output + b.output,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite: a.cacheWrite + b.cacheWrite,
    totalTokens: a.totalTokens + b.totalTokens,
  };
}

function contextUsage({ conversation, model }: FakeState): Performed<'get_context_usage'> {
  const tokens = tokensOf(conversation.messages().map(textOf).join(''));
  const contextWindow = model.contextWindow ?? null;
  return { tokens, contextWindow, percent: contextWindow === null ? null : (100 * tokens) / contextWindow };
}

function lastAssistantText(messages: readonly AgentMessage[]): string | null {
  const texts = messages.filter(({ role }) => role === 'assistant').map(textOf);
  return texts.findLast((text) => text !== '') ?? null;
}

function page(messages: readonly AgentMessage[]): string {
  const said = messages.map((message) => `<h2>${message.role}</h2><pre>${escaped(textOf(message))}</pre>`);
  return `<!doctype html><meta charset="utf-8"><title>Conversation</title>${said.join('')}`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
