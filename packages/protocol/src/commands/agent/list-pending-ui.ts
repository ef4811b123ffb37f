import { type DialogRequest, dialogRequest } from '../../agent/agent-dialog.ts';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { list, object } from '../../fields.ts';

/** Asks which dialogs of an agent wait for an answer. */
export interface ListPendingUiCommand extends SessionCommandEnvelope {
  readonly type: 'list_pending_ui';
}

/** The dialogs, oldest first. */
export interface ListPendingUiData {
  readonly requests: readonly DialogRequest[];
}

/** Contract of `list_pending_ui`. */
export const listPendingUi: CommandContract<ListPendingUiCommand, ListPendingUiData> = contract({
  type: 'list_pending_ui',
  summary: 'Lists the dialogs of an agent that wait for an answer, oldest first.',
  appliesTo: 'agent',
  scope: 'sessions:read',
  example: { type: 'list_pending_ui', id: 'c-64', sessionId: 'agent-1' },
  exampleData: { requests: [{ requestId: 'ui-1', method: 'confirm', title: 'Deploy?', message: 'To production' }] },
  schema: () => sessionCommand<ListPendingUiCommand>('list_pending_ui'),
  dataSchema: () => object<ListPendingUiData>({ requests: list(dialogRequest, 10_000) }),
});
