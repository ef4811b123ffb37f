import { constants, open, realpath } from 'node:fs/promises';
import { isAbsolute, resolve, sep } from 'node:path';
import { ProtocolError } from '@sessiond/protocol';

/** How much of a file is read to see what it is. */
const MAX_HEADER_BYTES = 64 * 1024;
/** What the first record of a conversation says that it is, in the words of the agents that keep files. */
const HEADER_TYPES: ReadonlySet<unknown> = new Set(['session', 'conversation']);

/** A file that is a conversation. */
export interface ConversationFile {
  /** The file itself, however it was named. */
  readonly path: string;
  /** Where the agent worked, if the file says so. */
  readonly cwd: string | undefined;
}

/** Which files may be loaded. */
export interface ConversationPolicy {
  /** Absolute paths of folders; files below them may be, links followed. */
  readonly roots: readonly string[];
}

/**
 * Looks whether a path that a client has named may be loaded: absolute, below one of the folders that are allowed once all links are followed, a regular
 * file, and one that begins as a conversation does, because an agent may overwrite what it does not understand. Changes nothing.
 *
 * What lies outside the folders is answered alike, whether there is something or not.
 * @throws ProtocolError `INVALID_COMMAND` with the field, without any path.
 */
export async function conversationFile(path: string, { roots }: ConversationPolicy): Promise<ConversationFile> {
  if (!isAbsolute(path)) throw refused('its path is not absolute');
  const folders = await Promise.all(roots.map((root) => realpath(root).catch(() => resolve(root))));
  const file = await realpath(path).catch(() => undefined);
  if (file === undefined || !folders.some((folder) => isBelow(file, folder))) {
    const isNamedBelow = [...folders, ...roots].some((folder) => isBelow(resolve(path), folder));
    throw refused(file === undefined && isNamedBelow ? 'there is no such file' : 'it lies outside the folders allowed');
  }
  return readConversation(file);
}

/**
 * Looks whether a file is a conversation.
 * @throws ProtocolError `INVALID_COMMAND` with the field, without any path.
 */
export async function readConversation(path: string): Promise<ConversationFile> {
  // Not to wait for whoever writes into a pipe, which would hold up all files.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
  if (file === undefined) throw refused('it cannot be read');
  try {
    if (!(await file.stat()).isFile()) throw refused('it is no regular file');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_HEADER_BYTES), 0, MAX_HEADER_BYTES, 0);
    const header = headerOf(buffer.toString('utf8', 0, bytesRead));
    if (header === undefined) throw refused('it is no conversation');
    const { cwd } = header;
    return { path, cwd: typeof cwd === 'string' && isAbsolute(cwd) ? cwd : undefined };
  } finally {
    await file.close();
  }
}

/** The first record, if it is one of a conversation. */
function headerOf(beginning: string): Readonly<Record<string, unknown>> | undefined {
  const line = beginning.split('\n', 2).find((each) => each !== '') ?? '';
  try {
    const header: unknown = JSON.parse(line);
    if (typeof header !== 'object' || header === null) return undefined;
    const { type, id } = header as Record<string, unknown>;
    return HEADER_TYPES.has(type) && typeof id === 'string' ? (header as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function refused(reason: string): ProtocolError {
  return new ProtocolError('INVALID_COMMAND', `Cannot load the conversation: ${reason}`, {
    details: { field: 'sessionPath' },
  });
}
