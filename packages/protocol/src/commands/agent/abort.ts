import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { flag, object, sessionId } from '../../fields.ts';

/** Ends the turn an agent works on, whoever asked for it. */
export interface AbortCommand extends SessionCommandEnvelope {
  readonly type: 'abort';
}

/** Whether there was something to end. */
export interface AbortData {
  readonly sessionId: string;
  /** False when the agent was at rest. */
  readonly aborted: boolean;
}

/** Contract of `abort`. */
export const abort: CommandContract<AbortCommand, AbortData> = contract({
  type: 'abort',
  summary:
    'Ends the turn an agent works on: what waited for it is dropped, its dialogs are cancelled, the connection to the provider is closed and the processes of its tools are killed; an agent that does not stop in time is ended and started again. The `prompt` is answered with `CANCELLED`.',
  appliesTo: 'agent',
  scope: 'sessions:write',
  timeoutClass: 'stop',
  audited: true,
  example: { type: 'abort', id: 'c-63', sessionId: 'agent-1' },
  exampleData: { sessionId: 'agent-1', aborted: true },
  schema: () => sessionCommand<AbortCommand>('abort'),
  dataSchema: () => object<AbortData>({ sessionId, aborted: flag }),
});
