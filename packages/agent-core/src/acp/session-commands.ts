import type { AgentCommand, AgentCommandType, AgentModel } from '@sessiond/protocol';
import type { Performed, PerformedType } from '../backend.ts';
import { AgentUnsupportedError } from '../errors.ts';
import type { AcpLink, AgentAbilities } from './acp-link.ts';
import type { AcpSession } from './acp-session.ts';
import type { AgentChoice } from './agent-start.ts';
import type { Chosen } from './session-choices.ts';
import type { Choice } from './session-config.ts';
import { listStoredSessions } from './stored-sessions.ts';

/** What a command has to do with. */
export interface CommandContext {
  readonly backend: string;
  readonly session: AcpSession;
  /** The agent's process. @throws AgentStateError when the agent is not idle. */
  readonly link: () => AcpLink;
  /** Notes a choice for the next conversation. */
  readonly remember: (choice: AgentChoice) => void;
  /** Begins a new conversation with what was chosen. @throws as {@link AcpSession.create}. */
  readonly renew: (link: AcpLink, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
}

type Carry<T extends PerformedType> = (
  command: AgentCommand<T>,
  context: CommandContext,
) => Performed<T> | Promise<Performed<T>>;

/** What can be carried out, as far as the agent offers it. */
const COMMANDS: { readonly [T in PerformedType]?: Carry<T> } = {
  get_messages: ({ from, limit }, { session }) => session.transcript.page(from, limit),
  get_last_assistant_text: (_, { session }) => ({ text: session.transcript.lastText }),
  get_commands: (_, { session }) => ({ commands: session.commands }),
  get_session_stats: (_, { session: { transcript, cost } }) => ({
    ...transcript.counts(),
    ...(cost !== undefined && { cost }),
  }),
  get_context_usage: (_, { session: { usage } }) => {
    if (usage === undefined) return { tokens: null, contextWindow: null, percent: null };
    const { used, size } = usage;
    return { tokens: used, contextWindow: size, percent: size === 0 ? null : Math.round((used / size) * 1_000) / 10 };
  },
  get_available_models: (_, { session }) => ({
    models: (session.choices.models?.values ?? []).map((value) => session.choices.modelOf(value)),
  }),
  set_model: async ({ provider, modelId }, context) => {
    const chosen = context.session.choices.findModel(`${provider}/${modelId}`, 'modelId');
    await chooseModel(chosen, context);
    return { model: modelOf(chosen, context.session) };
  },
  cycle_model: async (_, context) => {
    const { session } = context;
    const choice = session.choices.models;
    const value = choice && next(choice);
    if (choice === undefined || value === undefined) return { model: null };
    await chooseModel({ choice, value }, context);
    const level = session.choices.thinking?.current;
    return {
      model: modelOf({ choice, value }, session),
      ...(level !== undefined && { thinkingLevel: level }),
    };
  },
  set_thinking_level: async ({ level }, context) => {
    const chosen = context.session.choices.findThinkingLevel(level, 'level');
    await chooseLevel(chosen, context);
    return { level: chosen.value };
  },
  cycle_thinking_level: async (_, context) => {
    const choice = context.session.choices.thinking;
    const value = choice && next(choice);
    if (choice === undefined || value === undefined) return { level: null };
    await chooseLevel({ choice, value }, context);
    return { level: value };
  },
  new_session: async (_, { renew, link, signal }) => {
    await renew(link(), signal);
    return { cancelled: false };
  },
  list_session_files: async (_, { backend, session, link, signal }) => {
    return { sessions: await listStoredSessions(link(), { backend, cwd: session.cwd, limit: 1_000 }, signal) };
  },
};

/** Whether an agent knows a command; of one whose process is being started again, what it offered last. */
export function supportsCommand(
  type: AgentCommandType,
  session: AcpSession,
  abilities: AgentAbilities | undefined,
): boolean {
  switch (type) {
    case 'prompt':
    case 'abort':
    case 'list_pending_ui':
    case 'extension_ui_response':
      return true;
    case 'get_available_models':
    case 'set_model':
    case 'cycle_model':
      return session.choices.models !== undefined;
    case 'set_thinking_level':
    case 'cycle_thinking_level':
      return session.choices.thinking !== undefined;
    case 'list_session_files':
      return abilities?.list === true;
    default:
      return Object.hasOwn(COMMANDS, type);
  }
}

/** Carries out a command that the agent knows. @throws as `Agent.perform`. */
export async function performCommand<T extends PerformedType>(
  command: AgentCommand<T>,
  context: CommandContext,
): Promise<Performed<T>> {
  const carry = COMMANDS[command.type as T] as Carry<T> | undefined;
  if (carry === undefined) throw new AgentUnsupportedError(`Cannot carry out ${command.type}: ACP has nothing like it`);
  return carry(command, context);
}

async function chooseModel(chosen: Chosen, { session, link, remember, signal }: CommandContext): Promise<void> {
  await session.choices.choose(link(), session.id, chosen, 'modelId', signal);
  remember({ model: chosen.value });
}

async function chooseLevel(chosen: Chosen, { session, link, remember, signal }: CommandContext): Promise<void> {
  await session.choices.choose(link(), session.id, chosen, 'level', signal);
  remember({ thinkingLevel: chosen.value });
}

function modelOf({ choice, value }: Chosen, { choices }: AcpSession): AgentModel {
  return choices.modelOf(choice.values.find((each) => each.value === value) ?? { value, name: value });
}

/** The value after the one that is chosen; `undefined` if there is no other. */
function next({ values, current }: Choice): string | undefined {
  const at = values.findIndex(({ value }) => value === current);
  const following = values[(at + 1) % values.length];
  return following === undefined || following.value === current ? undefined : following.value;
}
