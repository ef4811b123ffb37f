import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { StoredSession } from '@sessiond/protocol';
import type { StoredQuery } from '../backend.ts';
import { AgentInputError } from '../errors.ts';
import {
  Conversation,
  type ConversationChange,
  type ConversationOrigin,
  type ConversationRecord,
  textOf,
} from './conversation.ts';

const SUFFIX = '.jsonl';
/** A file that is larger is no conversation of the fake agent. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;
const MAX_FIRST_MESSAGE = 200;

/** A conversation with the file it is kept in. */
export interface KeptConversation {
  readonly conversation: Conversation;
  readonly sessionPath: string;
}

/** Conversations as files of one record per line in a folder, readable by their owner alone. Written as they change; a line torn by a crash is left out. */
export class ConversationFiles {
  readonly #folder: string;

  /** `folder` is created when it is needed. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Begins a conversation. */
  async begin(cwd: string, createdAt: string): Promise<KeptConversation> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const id = randomUUID();
    const sessionPath = this.#pathOf(id);
    return { conversation: new Conversation({ id, cwd, createdAt }, appendTo(sessionPath)), sessionPath };
  }

  /** Takes a conversation up again. @throws AgentInputError when there is none; no file is changed then. */
  async open(from: { readonly sessionPath: string } | { readonly agentSessionId: string }): Promise<KeptConversation> {
    if ('sessionPath' in from) return read(from.sessionPath, 'sessionPath');
    const isName = basename(from.agentSessionId) === from.agentSessionId;
    if (!isName)
      throw new AgentInputError('agentSessionId', 'Cannot open conversation: its name is none of this agent');
    return read(this.#pathOf(from.agentSessionId), 'agentSessionId');
  }

  /** What there is, newest first. Costs a look at every file of the folder, and reads those that are wanted. */
  async list({ cwd, limit }: StoredQuery, signal: AbortSignal): Promise<readonly StoredSession[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const found = await Promise.all(names.filter((name) => name.endsWith(SUFFIX)).map((name) => this.#look(name)));
    const sessions: StoredSession[] = [];
    for (const { path, modified, bytes } of found
      .flat()
      .toSorted((a, b) => b.modified.getTime() - a.modified.getTime())) {
      signal.throwIfAborted();
      if (sessions.length >= limit) break;
      const kept = await read(path, 'sessionPath').catch(() => undefined);
      if (kept === undefined || (cwd !== undefined && kept.conversation.origin.cwd !== cwd)) continue;
      sessions.push({ ...describe(kept), modifiedAt: modified.toISOString(), bytes });
    }
    return sessions;
  }

  async #look(name: string): Promise<readonly { path: string; modified: Date; bytes: number }[]> {
    const path = join(this.#folder, name);
    const found = await stat(path).catch(() => undefined);
    return found?.isFile() ? [{ path, modified: found.mtime, bytes: found.size }] : [];
  }

  #pathOf(id: string): string {
    return join(this.#folder, `${id}${SUFFIX}`);
  }
}

function describe({ conversation, sessionPath }: KeptConversation): Omit<StoredSession, 'modifiedAt'> {
  const { origin, name, settings } = conversation;
  const messages = conversation.messages();
  const first = messages.find(({ role }) => role === 'user');
  return {
    backend: 'fake',
    sessionPath,
    agentSessionId: origin.id,
    cwd: origin.cwd,
    createdAt: origin.createdAt,
    messageCount: messages.length,
    ...(name !== undefined && { name }),
    ...(first !== undefined && { firstMessage: textOf(first).slice(0, MAX_FIRST_MESSAGE) }),
    ...(settings !== undefined && { model: `fake/${settings.modelId}` }),
  };
}

async function read(sessionPath: string, field: string): Promise<KeptConversation> {
  const refused = (why: string) => new AgentInputError(field, `Cannot open conversation: ${why}`);
  const found = await stat(sessionPath).catch(() => undefined);
  if (!found?.isFile()) throw refused('there is none');
  if (found.size > MAX_FILE_BYTES) throw refused('its file is too large');
  const lines = (await readFile(sessionPath, 'utf8')).split('\n').filter((line) => line !== '');
  const [first, ...changes] = lines.map(parse).filter((record) => record !== undefined);
  if (first?.type !== 'conversation' || first.version !== 1) throw refused('its file is no conversation of this agent');
  const origin: ConversationOrigin = { id: first.id, cwd: first.cwd, createdAt: first.createdAt };
  const kept = changes.filter((change): change is ConversationChange => change.type !== 'conversation');
  return { conversation: Conversation.resume(origin, kept, appendTo(sessionPath)), sessionPath };
}

function parse(line: string): ConversationRecord | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Written before anything goes on: what was said is not lost with the process. The line before may be torn, so each brings the end of that. */
function appendTo(path: string): (record: ConversationRecord) => void {
  return (record) => appendFileSync(path, `\n${JSON.stringify(record)}`, { mode: 0o600 });
}
