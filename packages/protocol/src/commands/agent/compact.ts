import * as z from 'zod';
import { promptText } from '../../agent/prompt-fields.ts';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { object, offset, sessionId } from '../../fields.ts';

/** Shortens what an agent remembers. */
export interface CompactCommand extends SessionCommandEnvelope {
  readonly type: 'compact';
  /** What to keep in mind while summing up. */
  readonly customInstructions?: string;
}

/** What is left. */
export interface CompactData {
  readonly sessionId: string;
  readonly summary: string;
  readonly tokensBefore?: number;
}

/** Contract of `compact`. */
export const compact: CommandContract<CompactCommand, CompactData> = contract({
  type: 'compact',
  summary: 'Has the model sum up the conversation so that it takes less room. `abort_compaction` ends it.',
  appliesTo: 'agent',
  lane: 'data',
  mutates: true,
  journalled: true,
  scope: 'sessions:write',
  timeoutClass: 'turn',
  lastWordMs: 10_000,
  journalKeeps: [],
  example: { type: 'compact', id: 'c-81', sessionId: 'agent-1' },
  exampleData: { sessionId: 'agent-1', summary: 'Two tests fail.', tokensBefore: 30_000 },
  schema: () => sessionCommand<CompactCommand>('compact', {}, { customInstructions: promptText }),
  dataSchema: () => object<CompactData>({ sessionId, summary: z.string() }, { tokensBefore: offset }),
});
