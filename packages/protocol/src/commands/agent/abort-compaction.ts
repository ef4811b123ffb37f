import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { flag, object, sessionId } from '../../fields.ts';

/** Ends a compaction that runs. */
export interface AbortCompactionCommand extends SessionCommandEnvelope {
  readonly type: 'abort_compaction';
}

/** Whether there was something to end. */
export interface AbortCompactionData {
  readonly sessionId: string;
  readonly aborted: boolean;
}

/** Contract of `abort_compaction`. */
export const abortCompaction: CommandContract<AbortCompactionCommand, AbortCompactionData> = contract({
  type: 'abort_compaction',
  summary: 'Ends the compaction that runs; `compact` is answered with `CANCELLED`.',
  appliesTo: 'agent',
  scope: 'sessions:write',
  audited: true,
  example: { type: 'abort_compaction', id: 'c-82', sessionId: 'agent-1' },
  exampleData: { sessionId: 'agent-1', aborted: true },
  schema: () => sessionCommand<AbortCompactionCommand>('abort_compaction'),
  dataSchema: () => object<AbortCompactionData>({ sessionId, aborted: flag }),
});
