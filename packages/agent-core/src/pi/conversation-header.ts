import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { AgentInputError } from '../errors.ts';

/** The first line of a conversation may have so many bytes. */
const MAX_HEADER_BYTES = 64 * 1024;
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** The first line of a file of pi that is a conversation. */
export interface ConversationHeader {
  readonly id: string;
  readonly cwd?: string;
  readonly createdAt?: string;
  /** Of the format. */
  readonly version: number;
}

/** Whether it can name a conversation; one that leads into other folders cannot. */
export function isConversationId(id: string): boolean {
  return ID.test(id);
}

/** Reads the first line of a file; `undefined` unless it is a regular file that begins as a conversation of pi does. Reads 64 KiB at most. */
export async function readConversationHeader(path: string): Promise<ConversationHeader | undefined> {
  let file: Awaited<ReturnType<typeof open>> | undefined;
  try {
    // Without waiting for whoever writes to what is a pipe.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!(await file.stat()).isFile()) return undefined;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_HEADER_BYTES), 0, MAX_HEADER_BYTES, 0);
    const end = buffer.subarray(0, bytesRead).indexOf(0x0a);
    return parseHeader(buffer.toString('utf8', 0, end === -1 ? bytesRead : end));
  } catch {
    return undefined;
  } finally {
    await file?.close();
  }
}

/** Lets only files through that begin as a conversation of pi does: 0.74 writes over any other. @throws AgentInputError. */
export async function mustBeConversation(path: string): Promise<void> {
  if ((await readConversationHeader(path)) !== undefined) return;
  throw new AgentInputError('sessionPath', 'Cannot open conversation: the file is no conversation of pi');
}

/** The first line, if it is one of a conversation. */
export function parseHeader(line: string): ConversationHeader | undefined {
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof header !== 'object' || header === null || header['type'] !== 'session') return undefined;
  const { id, cwd, timestamp, version } = header;
  if (typeof id !== 'string' || !isConversationId(id)) return undefined;
  const created = typeof timestamp === 'string' ? new Date(timestamp) : undefined;
  return {
    id,
    version: typeof version === 'number' ? version : 1,
    ...(typeof cwd === 'string' && cwd.startsWith('/') ? { cwd } : {}),
    ...(created === undefined || Number.isNaN(created.getTime()) ? {} : { createdAt: created.toISOString() }),
  };
}
