import * as z from 'zod';
import { object, offset, sessionId, timestamp } from '../fields.ts';
import { agentWord } from './agent-model.ts';

/** A conversation that an agent keeps on disk and that can be taken up again. */
export interface StoredSession {
  readonly backend: string;
  /** The file; absent for an agent that keeps no files. */
  readonly sessionPath?: string;
  /** What the agent itself calls the conversation. */
  readonly agentSessionId: string;
  readonly name?: string;
  readonly cwd?: string;
  readonly createdAt?: string;
  readonly modifiedAt: string;
  /** Bytes of the file. */
  readonly bytes?: number;
  readonly messageCount?: number;
  /** The beginning of what a person said first, at most 200 characters. */
  readonly firstMessage?: string;
  /** The model that answered last, with its provider. */
  readonly model?: string;
  /** The session that has it open. */
  readonly sessionId?: string;
}

/** Schema of {@link StoredSession}. */
export const storedSession: z.ZodType<StoredSession> = object<StoredSession>(
  { backend: agentWord, agentSessionId: z.string(), modifiedAt: timestamp },
  {
    sessionPath: z.string(),
    name: z.string(),
    cwd: z.string(),
    createdAt: timestamp,
    bytes: offset,
    messageCount: offset,
    firstMessage: z.string(),
    model: z.string(),
    sessionId,
  },
);
