import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { flag, object, sessionId } from '../../fields.ts';

/** Switches compaction at a full context on or off. */
export interface SetAutoCompactionCommand extends SessionCommandEnvelope {
  readonly type: 'set_auto_compaction';
  readonly enabled: boolean;
}

/** What holds now. */
export interface SetAutoCompactionData {
  readonly sessionId: string;
  readonly enabled: boolean;
}

/** Contract of `set_auto_compaction`. */
export const setAutoCompaction: CommandContract<SetAutoCompactionCommand, SetAutoCompactionData> = contract({
  type: 'set_auto_compaction',
  summary: 'Switches on or off that the agent shortens what it remembers when its context is full.',
  appliesTo: 'agent',
  lane: 'data',
  mutates: true,
  journalled: true,
  scope: 'sessions:write',
  journalKeeps: ['enabled'],
  example: { type: 'set_auto_compaction', id: 'c-83', sessionId: 'agent-1', enabled: false },
  exampleData: { sessionId: 'agent-1', enabled: false },
  schema: () => sessionCommand<SetAutoCompactionCommand>('set_auto_compaction', { enabled: flag }),
  dataSchema: () => object<SetAutoCompactionData>({ sessionId, enabled: flag }),
});
