import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../contract.ts';
import { flag, object, sessionId } from '../fields.ts';

/** Ends the `bash` command whose turn it is in a session, whoever sent it. */
export interface AbortBashCommand extends SessionCommandEnvelope {
  readonly type: 'abort_bash';
}

/** Whether there was something to end. */
export interface AbortBashData {
  readonly sessionId: string;
  /** False when no `bash` command ran or was about to; those that wait for their turn are not touched. */
  readonly aborted: boolean;
}

/** Contract of `abort_bash`. */
export const abortBash: CommandContract<AbortBashCommand, AbortBashData> = contract({
  type: 'abort_bash',
  summary:
    'Ends the `bash` command that runs in a session with all its processes, and answers once they are gone; that command is answered with `CANCELLED`. One that was accepted and is about to run never does.',
  appliesTo: 'session',
  scope: 'sessions:write',
  example: { type: 'abort_bash', id: 'c-21', sessionId: 'build' },
  exampleData: { sessionId: 'build', aborted: true },
  schema: () => sessionCommand<AbortBashCommand>('abort_bash'),
  dataSchema: () => object<AbortBashData>({ sessionId, aborted: flag }),
});
