import { createReadStream } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredSession } from '@sessiond/protocol';
import {
  type ConversationHeader,
  isConversationId,
  parseHeader,
  readConversationHeader,
} from './conversation-header.ts';

/** Most files that are looked at. */
const MAX_FILES = 100_000;
/** What of a file is read; of one that is longer, what its end says is not known. */
const MAX_READ_BYTES = 64 * 1024 * 1024;
/** What of a line is kept: enough for a name, a model and the beginning of a message. */
const MAX_LINE_BYTES = 64 * 1024;
const FIRST_MESSAGE_CHARACTERS = 200;
const MAX_REMEMBERED = 1_000;
const LINE_FEED = 0x0a;

interface Found {
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/**
 * The conversations pi keeps in files: one folder per working directory, in each one file per conversation.
 *
 * Only those that are listed are read, as streams, with a line in memory at a time; what was read is remembered for 1,000 files until they change.
 */
export class StoredConversations {
  readonly #folder: string;
  readonly #remembered = new Map<string, { readonly found: Found; readonly session: StoredSession }>();

  constructor(agentDir: string) {
    this.#folder = join(agentDir, 'sessions');
  }

  /** The newest first, at most `limit`. Files that are no conversations are left out. */
  async list(
    query: { readonly cwd?: string; readonly limit: number },
    signal: AbortSignal,
  ): Promise<readonly StoredSession[]> {
    const found = await this.#find(query.cwd === undefined ? undefined : folderOf(query.cwd), signal);
    found.sort((a, b) => b.modifiedMs - a.modifiedMs);
    const sessions: StoredSession[] = [];
    for (const file of found) {
      if (sessions.length >= query.limit) break;
      signal.throwIfAborted();
      const session = await this.#read(file, signal);
      if (session !== undefined && (query.cwd === undefined || session.cwd === query.cwd)) sessions.push(session);
    }
    return sessions;
  }

  /** The file of a conversation; `undefined` if there is none of that name. */
  async fileOf(agentSessionId: string, signal: AbortSignal): Promise<string | undefined> {
    if (!isConversationId(agentSessionId)) return undefined;
    for (const { path } of await this.#find(undefined, signal)) {
      if (!path.endsWith(`_${agentSessionId}.jsonl`)) continue;
      if ((await readConversationHeader(path))?.id === agentSessionId) return path;
    }
    return undefined;
  }

  async #find(only: string | undefined, signal: AbortSignal): Promise<Found[]> {
    const folders = only === undefined ? await namesIn(this.#folder, signal) : [only];
    const found: Found[] = [];
    for (const folder of folders) {
      for (const name of await namesIn(join(this.#folder, folder), signal)) {
        if (!name.endsWith('.jsonl')) continue;
        if (found.length >= MAX_FILES) return found;
        const path = join(this.#folder, folder, name);
        const stats = await stat(path).catch(() => undefined);
        if (stats?.isFile() === true) found.push({ path, bytes: stats.size, modifiedMs: stats.mtimeMs });
      }
    }
    return found;
  }

  async #read(found: Found, signal: AbortSignal): Promise<StoredSession | undefined> {
    const known = this.#remembered.get(found.path);
    if (known?.found.bytes === found.bytes && known.found.modifiedMs === found.modifiedMs) return known.session;
    const session = await readConversation(found, signal).catch(() => undefined);
    signal.throwIfAborted();
    if (session === undefined) return undefined;
    this.#remembered.delete(found.path);
    this.#remembered.set(found.path, { found, session });
    const oldest = this.#remembered.keys().next();
    if (this.#remembered.size > MAX_REMEMBERED && oldest.done !== true) this.#remembered.delete(oldest.value);
    return session;
  }
}

/** How pi names the folder of a working directory. */
function folderOf(cwd: string): string {
  return `--${cwd.replace(/^[/\\]/, '').replace(/[/\\:]/g, '-')}--`;
}

async function namesIn(folder: string, signal: AbortSignal): Promise<readonly string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of await opendir(folder)) {
      signal.throwIfAborted();
      if (names.push(name) >= MAX_FILES) break;
    }
  } catch {
    // A folder that is not there has no files.
    signal.throwIfAborted();
  }
  return names;
}

/** What the lines of a file say of the conversation. */
class Summary {
  header: ConversationHeader | undefined;
  name: string | undefined;
  firstMessage: string | undefined;
  model: string | undefined;
  messages = 0;
  #lines = 0;

  /** Takes a line, or its beginning. @returns whether the lines after it are of interest. */
  take(line: Buffer): boolean {
    this.#lines += 1;
    if (this.#lines === 1) {
      this.header = parseHeader(line.toString('utf8'));
      return this.header !== undefined;
    }
    // pi writes the type first: most lines need not be parsed.
    const start = line.toString('latin1', 0, 40);
    if (start.startsWith('{"type":"message"')) this.#message(line);
    else if (start.startsWith('{"type":"session_info"')) this.name = nonEmpty(parse(line)['name']);
    else if (start.startsWith('{"type":"model_change"')) {
      const { provider, modelId } = parse(line);
      if (typeof provider === 'string' && typeof modelId === 'string') this.model = `${provider}/${modelId}`;
    }
    return true;
  }

  #message(line: Buffer): void {
    this.messages += 1;
    if (this.firstMessage !== undefined) return;
    const beginning = line.toString('utf8');
    if (!beginning.includes('"role":"user"')) return;
    // The line may be cut, for it can carry pictures; the text comes before them.
    const text = /"(?:text|content)":"((?:[^"\\]|\\.)*)/.exec(beginning)?.[1] ?? '';
    this.firstMessage = unescaped(text.slice(0, FIRST_MESSAGE_CHARACTERS * 6)).slice(0, FIRST_MESSAGE_CHARACTERS);
  }
}

async function readConversation(found: Found, signal: AbortSignal): Promise<StoredSession | undefined> {
  const summary = new Summary();
  await eachLine(found.path, signal, (line) => summary.take(line));
  const { header, name, firstMessage, model, messages } = summary;
  if (header === undefined) return undefined;
  const whole = found.bytes <= MAX_READ_BYTES;
  return {
    backend: 'pi',
    sessionPath: found.path,
    agentSessionId: header.id,
    modifiedAt: new Date(found.modifiedMs).toISOString(),
    bytes: found.bytes,
    ...(name === undefined ? {} : { name }),
    ...(header.cwd === undefined ? {} : { cwd: header.cwd }),
    ...(header.createdAt === undefined ? {} : { createdAt: header.createdAt }),
    ...(whole ? { messageCount: messages } : {}),
    ...(firstMessage === undefined ? {} : { firstMessage }),
    ...(model === undefined ? {} : { model }),
  };
}

/** Hands over the beginning of each line, of at most 64 MiB of a file, until `onLine` wants no more. @throws the signal's reason. */
async function eachLine(path: string, signal: AbortSignal, onLine: (line: Buffer) => boolean): Promise<void> {
  let parts: Buffer[] = [];
  let held = 0;
  const hold = (part: Buffer): void => {
    const room = MAX_LINE_BYTES - held;
    if (room <= 0 || part.length === 0) return;
    parts.push(Buffer.from(part.subarray(0, room)));
    held += Math.min(part.length, room);
  };
  const finish = (): boolean => {
    const goOn = held === 0 || onLine(Buffer.concat(parts));
    parts = [];
    held = 0;
    return goOn;
  };
  const stream = createReadStream(path, { end: MAX_READ_BYTES - 1, highWaterMark: 256 * 1024 });
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    signal.throwIfAborted();
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, from)) {
      hold(chunk.subarray(from, end));
      if (!finish()) return;
      from = end + 1;
    }
    hold(chunk.subarray(from));
  }
  finish();
}

function parse(line: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line.toString('utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function nonEmpty(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** The text of a JSON string without its quotes, which may be cut inside of an escape. */
function unescaped(text: string): string {
  for (let cut = 0; cut <= 6; cut += 1) {
    try {
      return JSON.parse(`"${text.slice(0, text.length - cut)}"`) as string;
    } catch {
      // One character less, until the escape is gone.
    }
  }
  return '';
}
