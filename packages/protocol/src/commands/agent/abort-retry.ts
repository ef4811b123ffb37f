import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { flag, object, sessionId } from '../../fields.ts';

/** Gives up asking a failing provider again. */
export interface AbortRetryCommand extends SessionCommandEnvelope {
  readonly type: 'abort_retry';
}

/** Whether it was about to. */
export interface AbortRetryData {
  readonly sessionId: string;
  readonly aborted: boolean;
}

/** Contract of `abort_retry`. */
export const abortRetry: CommandContract<AbortRetryCommand, AbortRetryData> = contract({
  type: 'abort_retry',
  summary: 'Gives up waiting to ask a provider again; the `prompt` ends with the failure there was.',
  appliesTo: 'agent',
  scope: 'sessions:write',
  audited: true,
  example: { type: 'abort_retry', id: 'c-85', sessionId: 'agent-1' },
  exampleData: { sessionId: 'agent-1', aborted: true },
  schema: () => sessionCommand<AbortRetryCommand>('abort_retry'),
  dataSchema: () => object<AbortRetryData>({ sessionId, aborted: flag }),
});
