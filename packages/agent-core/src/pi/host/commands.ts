import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentCommand, TreeEntry } from '@sessiond/protocol';
import type { Performed, PerformedType } from '../../backend.ts';
import {
  AgentAbortedError,
  AgentFailedError,
  AgentInputError,
  AgentStateError,
  AgentUnsupportedError,
} from '../../errors.ts';
import { messagePage } from '../../message-page.ts';
import { mustBeConversation } from '../conversation-header.ts';
import { errorWords } from './error-words.ts';
import type { HostedSession } from './hosted-session.ts';
import { modelsOf } from './models.ts';
import type { PiEntry } from './pi-api.ts';
import type { ProviderWatch } from './provider-watch.ts';
import { failureInWords } from './provider-watch.ts';
import { textOf, toMessage, toModel, toRole } from './to-message.ts';

const MAX_HTML_BYTES = 8 * 1024 * 1024;
const TREE_TEXT_CHARACTERS = 200;

/** What a command is carried out with. */
interface Scene {
  readonly hosted: HostedSession;
  readonly watch: ProviderWatch;
  readonly signal: AbortSignal;
}

type Handlers = {
  readonly [T in PerformedType]?: (command: AgentCommand<T>, scene: Scene) => Promise<Performed<T>> | Performed<T>;
};

/** Commands this process carries out; `list_session_files` is for the daemon, which reads the files itself. */
const HANDLERS: Handlers = {
  get_messages: (command, { hosted }) => messages(hosted, command),
  get_available_models: async (_command, { hosted }) => ({ models: (await modelsOf(hosted.session)).map(toModel) }),
  get_commands: (_command, { hosted: { session } }) => ({
    commands: [
      ...session.extensionRunner
        .getRegisteredCommands()
        .map(({ invocationName, name, description }) => named(invocationName ?? name, description, 'extension')),
      ...session.promptTemplates.map(({ name, description }) => named(name, description, 'prompt')),
      ...session.resourceLoader
        .getSkills()
        .skills.map(({ name, description }) => named(`skill:${name}`, description, 'skill')),
    ],
  }),
  get_skills: (_command, { hosted: { session } }) => ({
    skills: session.resourceLoader.getSkills().skills.map(({ name, description }) => described(name, description)),
  }),
  get_tools: (_command, { hosted: { session } }) => {
    const active = new Set(session.getActiveToolNames());
    return {
      tools: session
        .getAllTools()
        .map(({ name, description }) => ({ ...described(name, description), active: active.has(name) })),
    };
  },
  get_session_stats: (_command, { hosted }) => {
    const { userMessages, assistantMessages, toolCalls, toolResults, totalMessages, tokens, cost } =
      hosted.session.getSessionStats();
    const { input, output, cacheRead, cacheWrite, total } = tokens;
    return {
      userMessages,
      assistantMessages,
      toolCalls,
      toolResults,
      totalMessages,
      tokens: { input, output, cacheRead, cacheWrite, totalTokens: total },
      cost,
    };
  },
  get_context_usage: (_command, { hosted }) => {
    const usage = hosted.session.getContextUsage();
    return {
      tokens: usage?.tokens ?? null,
      contextWindow: usage?.contextWindow ?? null,
      percent: usage?.percent ?? null,
    };
  },
  get_last_assistant_text: (_command, { hosted }) => ({ text: hosted.session.getLastAssistantText() ?? null }),
  get_fork_messages: (_command, { hosted }) => ({
    messages: hosted.session.getUserMessagesForForking().map(({ entryId, text }) => ({ entryId, text })),
  }),
  get_tree: (_command, { hosted: { session } }) => ({
    leafId: session.sessionManager.getLeafId(),
    entries: session.sessionManager.getEntries().map(treeEntry),
  }),
  set_model: async ({ provider, modelId }, { hosted }) => {
    const models = await modelsOf(hosted.session);
    const model = models.find((each) => each.provider === provider && each.id === modelId);
    if (model === undefined) {
      throw new AgentInputError(
        'modelId',
        `Cannot choose model: it is none of the ${models.length} that have credentials`,
      );
    }
    await hosted.session.setModel(model);
    return { model: toModel(model) };
  },
  cycle_model: async (_command, { hosted }) => {
    const next = await hosted.session.cycleModel();
    return next === undefined
      ? { model: null }
      : { model: toModel(next.model), thinkingLevel: hosted.session.thinkingLevel };
  },
  set_thinking_level: ({ level }, { hosted: { session } }) => {
    const levels = session.getAvailableThinkingLevels();
    if (!levels.includes(level)) {
      throw new AgentInputError('level', `Cannot choose thinking level: those of the model are ${levels.join(', ')}`);
    }
    session.setThinkingLevel(level);
    return { level: session.thinkingLevel };
  },
  cycle_thinking_level: (_command, { hosted: { session } }) => ({ level: session.cycleThinkingLevel() ?? null }),
  compact: async ({ customInstructions }, scene) => {
    const { session } = scene.hosted;
    atRest(scene.hosted, 'compact');
    const { summary, tokensBefore } = await endable(
      scene,
      () => session.compact(customInstructions),
      () => session.abortCompaction(),
    );
    return { summary, ...(tokensBefore === undefined ? {} : { tokensBefore }) };
  },
  abort_compaction: (_command, { hosted: { session } }) => {
    const aborted = session.isCompacting;
    session.abortCompaction();
    return { aborted };
  },
  set_auto_compaction: ({ enabled }, { hosted: { session } }) => {
    session.setAutoCompactionEnabled(enabled);
    return { enabled: session.autoCompactionEnabled };
  },
  set_auto_retry: ({ enabled }, { hosted: { session } }) => {
    session.setAutoRetryEnabled(enabled);
    return { enabled: session.autoRetryEnabled };
  },
  abort_retry: (_command, { hosted: { session } }) => {
    const aborted = session.isRetrying;
    session.abortRetry();
    return { aborted };
  },
  set_steering_mode: ({ mode }, { hosted: { session } }) => {
    session.setSteeringMode(mode);
    return { mode: session.steeringMode };
  },
  set_follow_up_mode: ({ mode }, { hosted: { session } }) => {
    session.setFollowUpMode(mode);
    return { mode: session.followUpMode };
  },
  new_session: async (_command, { hosted }) => {
    atRest(hosted, 'begin a new conversation');
    const { cancelled } = await hosted.runtime.newSession();
    return { cancelled, ...file(hosted) };
  },
  fork: async ({ entryId }, { hosted }) => {
    atRest(hosted, 'fork');
    const known = hosted.session.getUserMessagesForForking().find((each) => each.entryId === entryId);
    if (known === undefined) {
      throw new AgentInputError(
        'entryId',
        'Cannot fork: the entry is nothing that a person said; get_fork_messages names them',
      );
    }
    const { cancelled, selectedText } = await hosted.runtime.fork(entryId);
    return { cancelled, text: selectedText ?? known.text, ...file(hosted) };
  },
  clone: async (_command, { hosted }) => {
    atRest(hosted, 'clone');
    const { sessionManager } = hosted.session;
    const leafId = sessionManager.getLeafId();
    // Of a conversation without an answer 0.74 writes no copy, and would go on with nothing.
    if (leafId === null || !sessionManager.getBranch().some(({ message }) => message?.role === 'assistant')) {
      throw new AgentStateError('Cannot clone: nothing was answered yet');
    }
    const { cancelled } = await hosted.runtime.fork(leafId, { position: 'at' });
    return { cancelled, ...file(hosted) };
  },
  navigate_tree: async ({ entryId, summarize, customInstructions }, scene) => {
    const { session } = scene.hosted;
    atRest(scene.hosted, 'go to another place');
    if (!session.sessionManager.getEntries().some(({ id }) => id === entryId)) {
      throw new AgentInputError('entryId', 'Cannot go to another place: there is no such entry; get_tree names them');
    }
    const { cancelled, editorText } = await endable(
      scene,
      () =>
        session.navigateTree(entryId, {
          summarize: summarize ?? false,
          ...(customInstructions === undefined ? {} : { customInstructions }),
        }),
      () => session.abortBranchSummary(),
    );
    return { cancelled, ...(editorText === undefined ? {} : { editorText }) };
  },
  switch_session_file: async ({ sessionPath }, { hosted }) => {
    atRest(hosted, 'go to another conversation');
    await mustBeConversation(sessionPath);
    const { runtime } = hosted;
    const { cancelled } = await runtime.switchSession(sessionPath, { cwdOverride: runtime.cwd });
    return { cancelled, ...file(hosted) };
  },
  export_html: async (_command, { hosted }) => ({ html: await html(hosted) }),
};

/** Carries out a command. @throws AgentUnsupportedError, AgentInputError, AgentStateError, AgentAbortedError, AgentFailedError. */
export async function perform(command: { readonly type: string }, scene: Scene): Promise<unknown> {
  const handler = Object.hasOwn(HANDLERS, command.type) ? HANDLERS[command.type as PerformedType] : undefined;
  if (handler === undefined) throw new AgentUnsupportedError('Cannot carry out command: pi does not know it');
  try {
    return await (handler as (command: unknown, scene: Scene) => unknown)(command, scene);
  } finally {
    scene.hosted.flush();
  }
}

/** Work of the model that is no prompt: its failures are those of a provider if the provider was asked, and of the state otherwise. */
async function endable<T>({ hosted, watch, signal }: Scene, work: () => Promise<T>, end: () => void): Promise<T> {
  const { model } = hosted.session;
  signal.addEventListener('abort', end, { once: true });
  try {
    return await watch.run(async (failure) => {
      try {
        return await work();
      } catch (error) {
        const message = error instanceof Error ? error.message : '';
        const known = failure(model?.baseUrl);
        const inWords = failureInWords(message);
        if (signal.aborted || /abort|cancel/i.test(message)) {
          throw new AgentAbortedError(errorWords(message), { cause: error });
        }
        if (known === undefined && inWords.kind === 'unknown') {
          throw new AgentStateError(errorWords(message), { cause: error });
        }
        throw new AgentFailedError(errorWords(message), {
          cause: error,
          provider: {
            provider: model?.provider ?? 'unknown',
            ...(model === undefined ? {} : { model: model.id }),
            ...(known ?? inWords),
          },
        });
      }
    });
  } finally {
    signal.removeEventListener('abort', end);
  }
}

function atRest(hosted: HostedSession, action: string): void {
  if (hosted.works || hosted.session.isCompacting) throw new AgentStateError(`Cannot ${action}: the agent works`);
}

function file({ session: { sessionFile } }: HostedSession): { sessionFile?: string } {
  return sessionFile === undefined ? {} : { sessionFile };
}

function described(name: string, description: string | undefined): { name: string; description?: string } {
  return description === undefined ? { name } : { name, description };
}

function named(name: string, description: string | undefined, source: string) {
  return { ...described(name, description), source };
}

function messages({ session }: HostedSession, wanted: AgentCommand<'get_messages'>): Performed<'get_messages'> {
  const ids = new Map(session.sessionManager.getBranch().map((entry) => [entry.message, entry.id]));
  return messagePage(
    session.messages.map((message) => toMessage(message, ids.get(message))),
    wanted,
  );
}

function treeEntry(entry: PiEntry): TreeEntry {
  const text = entry.message === undefined ? (entry.summary ?? entry.name ?? '') : textOf(entry.message);
  return {
    id: entry.id,
    parentId: entry.parentId,
    type: entry.type,
    ...(entry.message === undefined ? {} : { role: toRole(entry.message.role) }),
    ...(text === '' ? {} : { text: text.slice(0, TREE_TEXT_CHARACTERS) }),
    ...(entry.timestamp === undefined ? {} : { timestamp: entry.timestamp }),
  };
}

async function html({ session }: HostedSession): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sessiond-export-'));
  try {
    const path = await session.exportToHtml(join(folder, 'conversation.html'));
    const { size } = await stat(path);
    if (size > MAX_HTML_BYTES) {
      throw new AgentStateError(
        `Cannot export conversation: it has ${size} bytes as a page, at most ${MAX_HTML_BYTES} are sent`,
      );
    }
    return await readFile(path, 'utf8');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
