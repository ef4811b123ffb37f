import { dialogAnswerFields } from '../../agent/agent-dialog.ts';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { id, object, sessionId } from '../../fields.ts';

/** Answers a dialog of an agent: exactly one of `value`, `confirmed` and `cancelled`. */
export interface ExtensionUiResponseCommand extends SessionCommandEnvelope {
  readonly type: 'extension_ui_response';
  /** The dialog. */
  readonly requestId: string;
  /** For `select` (one of its options), `input` and `editor`. */
  readonly value?: string;
  /** For `confirm`. */
  readonly confirmed?: boolean;
  /** Gives no answer. */
  readonly cancelled?: true;
}

/** That this answer counts. */
export interface ExtensionUiResponseData {
  readonly sessionId: string;
  readonly requestId: string;
}

/** Contract of `extension_ui_response`. */
export const extensionUiResponse: CommandContract<ExtensionUiResponseCommand, ExtensionUiResponseData> = contract({
  type: 'extension_ui_response',
  summary:
    'Answers a dialog of an agent. The first valid answer counts; a later one gets `INVALID_STATE`. An answer that the dialog does not allow is refused, and the dialog goes on.',
  appliesTo: 'agent',
  scope: 'sessions:write',
  audited: true,
  example: { type: 'extension_ui_response', id: 'c-65', sessionId: 'agent-1', requestId: 'ui-1', confirmed: true },
  exampleData: { sessionId: 'agent-1', requestId: 'ui-1' },
  schema: () =>
    sessionCommand<ExtensionUiResponseCommand>(
      'extension_ui_response',
      { requestId: id },
      {
        value: dialogAnswerFields.value,
        confirmed: dialogAnswerFields.confirmed,
        cancelled: dialogAnswerFields.cancelled,
      },
    ).refine(
      ({ value, confirmed, cancelled }) =>
        [value, confirmed, cancelled].filter((each) => each !== undefined).length === 1,
      { path: ['value'], error: 'must be alone: exactly one of value, confirmed and cancelled answers a dialog' },
    ),
  dataSchema: () => object<ExtensionUiResponseData>({ sessionId, requestId: id }),
});
