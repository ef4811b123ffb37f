import type { AgentBackend } from '@sessiond/agent-core';
import { type Command, ProtocolError, type ResponseDataOf, type StoredSession } from '@sessiond/protocol';
import { asProtocolErrors } from '../agent/agent-errors.ts';
import type { ConversationClaims } from './conversation-claims.ts';

/** How many are listed when the client does not say. */
const DEFAULT_LIMIT = 100;
/** The most that is looked through for one. */
const MAX_LOOKED_THROUGH = 1000;

/** The conversations that agents of all kinds have kept. Costs what the kinds that are asked need to look. */
export class StoredConversations {
  readonly #backends: ReadonlyMap<string, AgentBackend>;
  readonly #claims: ConversationClaims;

  constructor(backends: ReadonlyMap<string, AgentBackend>, claims: ConversationClaims) {
    this.#backends = backends;
    this.#claims = claims;
  }

  /**
   * Newest first, with the session that has each open. A kind of agent that cannot be asked has none, unless it was asked for by name.
   * @throws ProtocolError when the kind that was asked for is not there or fails.
   */
  async list(
    { backend, cwd, limit = DEFAULT_LIMIT }: Command<'list_stored_sessions'>,
    signal: AbortSignal,
  ): Promise<ResponseDataOf<'list_stored_sessions'>> {
    const query = { limit: limit + 1, ...(cwd !== undefined && { cwd }) };
    const ask = (each: AgentBackend): Promise<readonly StoredSession[]> => each.stored(query, signal);
    const found =
      backend === undefined
        ? await Promise.all([...this.#backends.values()].map((each) => ask(each).catch(() => [])))
        : [await asProtocolErrors(() => ask(this.#backend(backend)))];
    signal.throwIfAborted();
    const all = found.flat().toSorted((a, b) => (a.modifiedAt < b.modifiedAt ? 1 : -1));
    const sessions = await Promise.all(all.slice(0, limit).map((each) => this.#withHolder(each)));
    return { sessions, truncated: all.length > limit };
  }

  /** What is known of a conversation that an agent has this name for; `undefined` where it is not listed. Never rejects, but with the reason of the signal. */
  async find(backend: string, agentSessionId: string, signal: AbortSignal): Promise<StoredSession | undefined> {
    const query = { limit: MAX_LOOKED_THROUGH };
    const all = await this.#backends
      .get(backend)
      ?.stored(query, signal)
      .catch(() => []);
    signal.throwIfAborted();
    return all?.find((each) => each.agentSessionId === agentSessionId);
  }

  async #withHolder(stored: StoredSession): Promise<StoredSession> {
    const { sessionPath, backend, agentSessionId } = stored;
    const name = sessionPath === undefined ? { backend, agentSessionId } : { sessionPath };
    const sessionId = await this.#claims.holder(name);
    return sessionId === undefined ? stored : { ...stored, sessionId };
  }

  #backend(name: string): AgentBackend {
    const backend = this.#backends.get(name);
    if (backend !== undefined) return backend;
    throw new ProtocolError('AGENT_UNAVAILABLE', 'Cannot list conversations: the server has no agents of this kind', {
      details: { field: 'backend', backends: [...this.#backends.keys()] },
    });
  }
}
