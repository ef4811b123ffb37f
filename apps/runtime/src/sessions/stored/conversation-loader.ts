import { stat } from 'node:fs/promises';
import { type AgentOptions, type Command, ProtocolError, type ResponseDataOf } from '@sessiond/protocol';
import type { AgentSession } from '../agent/agent-session.ts';
import type { AgentSessionSpec, AgentSessions } from '../agent/agent-sessions.ts';
import type { Cause } from '../cause.ts';
import type { HostedSession } from '../hosted-session.ts';
import { newSessionId } from '../session-id.ts';
import type { AgentSessionRecord } from '../session-record.ts';
import type { ConversationClaims, ConversationName } from './conversation-claims.ts';
import { conversationFile, readConversation } from './conversation-file.ts';
import type { StoredConversations } from './stored-conversations.ts';

/** What a {@link ConversationLoader} is made of. */
export interface ConversationLoaderOptions {
  readonly agents: Pick<AgentSessions, 'open'>;
  readonly claims: ConversationClaims;
  readonly stored: Pick<StoredConversations, 'find'>;
  /** Absolute paths of the folders below which files may be loaded. */
  readonly roots: readonly string[];
  /** Where an agent works of whose conversation nobody knows that. */
  readonly homeDir: string;
}

/** What is loaded, and all that is known of where it was. */
interface Found {
  readonly resume: ConversationName;
  readonly cwd: string | undefined;
}

const DEFAULT_AGENT: AgentOptions = Object.freeze({ backend: 'pi' });

/** Takes conversations up again that agents have kept. Each has one session at a time. */
export class ConversationLoader {
  readonly #options: ConversationLoaderOptions;

  constructor(options: ConversationLoaderOptions) {
    this.#options = options;
  }

  /**
   * Opens a session for a conversation that the request names.
   * @throws ProtocolError `INVALID_COMMAND` with the field for what may not be loaded or is none, `SESSION_BUSY` for one that is open, and what opening throws.
   */
  async load(request: Command<'load_session'>, cause: Cause, signal: AbortSignal): Promise<AgentSession> {
    const { sessionId = newSessionId(), agent = DEFAULT_AGENT, name, env, retention } = request;
    const { resume, cwd } = await this.#find(request, agent.backend, signal);
    const spec = { sessionId, name, cwd: request.cwd ?? cwd ?? this.#options.homeDir, env, agent, retention };
    return this.#open(spec, resume, cause, signal);
  }

  /**
   * Opens a session in the place of one that is over, with its id, name, owner and version.
   * @throws ProtocolError as {@link ConversationLoader.load} does, and `INVALID_STATE` when nothing of its conversation was kept.
   */
  async resume(
    request: Command<'load_session'>,
    { session, record }: { readonly session: HostedSession; readonly record: AgentSessionRecord },
    cause: Cause,
    signal: AbortSignal,
  ): Promise<AgentSession> {
    const { info } = record;
    const { sessionId, name, owner, version, createdAt, cwd, laneId, terminalId, retention } = info;
    const resume = await keptBy(record);
    const spec: AgentSessionSpec = {
      sessionId,
      name: request.name ?? name,
      cwd: request.cwd ?? cwd,
      env: request.env,
      laneId,
      terminalId,
      // The model is in the conversation; the one that was asked for at first need not be the last one.
      agent: request.agent ?? withoutModel(record.agent),
      retention: request.retention ?? retention,
      inPlaceOf: { session, owner, version, createdAt },
    };
    return this.#open(spec, resume, cause, signal);
  }

  /**
   * Does something that has a session go to the conversation of a file, unless something in its agent prevents that.
   * @throws ProtocolError as {@link ConversationLoader.load} does, and what `go` throws.
   */
  async switchFile(
    sessionId: string,
    path: string,
    go: (path: string) => Promise<ResponseDataOf<'switch_session_file'>>,
  ): Promise<ResponseDataOf<'switch_session_file'>> {
    const { claims, roots } = this.#options;
    const file = await conversationFile(path, { roots });
    const claim = await claims.claim({ sessionPath: file.path }, sessionId);
    try {
      const done = await go(file.path);
      if (!done.cancelled) claim.settle();
      return done;
    } finally {
      claim.release();
    }
  }

  async #find(
    { sessionPath, agentSessionId }: Command<'load_session'>,
    backend: string,
    signal: AbortSignal,
  ): Promise<Found> {
    if (sessionPath !== undefined) {
      const { path, cwd } = await conversationFile(sessionPath, this.#options);
      return { resume: { sessionPath: path }, cwd };
    }
    const known = await this.#options.stored.find(backend, agentSessionId!, signal);
    // Two names of one conversation would be two claims.
    if (known?.sessionPath !== undefined) return { resume: { sessionPath: known.sessionPath }, cwd: known.cwd };
    return { resume: { backend, agentSessionId: agentSessionId! }, cwd: known?.cwd };
  }

  async #open(
    spec: AgentSessionSpec,
    name: ConversationName,
    cause: Cause,
    signal: AbortSignal,
  ): Promise<AgentSession> {
    const { agents, claims } = this.#options;
    const claim = await claims.claim(name, spec.sessionId);
    try {
      const resume = 'sessionPath' in name ? name : { agentSessionId: name.agentSessionId };
      const session = await agents.open({ ...spec, resume }, cause, signal);
      claim.settle();
      return session;
    } finally {
      claim.release();
    }
  }
}

/** What an agent has kept of a conversation, as far as its session knew. */
async function keptBy({ info, agent }: AgentSessionRecord): Promise<ConversationName> {
  const { sessionFile, agentSessionId } = info;
  // An agent names its file before anything is said, and writes it then.
  const isThere = sessionFile !== undefined && (await stat(sessionFile).then(() => true, isOther));
  if (isThere) {
    // It was this server that wrote down where it is; but much can have happened to it since.
    await readConversation(sessionFile);
    return { sessionPath: sessionFile };
  }
  if (sessionFile === undefined && agentSessionId !== undefined) return { backend: agent.backend, agentSessionId };
  throw new ProtocolError('INVALID_STATE', 'Cannot load the session: its agent has kept nothing of the conversation');
}

/** Whether a file cannot be looked at for another reason than that it is not there. */
function isOther(error: NodeJS.ErrnoException): boolean {
  return error.code !== 'ENOENT';
}

function withoutModel({ model, ...agent }: AgentOptions): AgentOptions {
  return agent;
}
