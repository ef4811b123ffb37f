import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../contract.ts';
import { object, oneOf, processId } from '../fields.ts';

/** The signals that can be sent to a program. */
export type SignalName =
  | 'SIGHUP'
  | 'SIGINT'
  | 'SIGQUIT'
  | 'SIGKILL'
  | 'SIGUSR1'
  | 'SIGUSR2'
  | 'SIGTERM'
  | 'SIGCONT'
  | 'SIGSTOP'
  | 'SIGTSTP'
  | 'SIGWINCH';

/** Sends a signal to the program of a terminal. */
export interface SignalCommand extends SessionCommandEnvelope {
  readonly type: 'signal';
  readonly signal: SignalName;
}

/** The delivery. */
export interface SignalData {
  readonly signal: SignalName;
  /** The leader of the process group it was sent to. */
  readonly pid: number;
}

const deliverable = oneOf([
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGKILL',
  'SIGUSR1',
  'SIGUSR2',
  'SIGTERM',
  'SIGCONT',
  'SIGSTOP',
  'SIGTSTP',
  'SIGWINCH',
]);

/** Contract of `signal`. */
export const signal: CommandContract<SignalCommand, SignalData> = contract({
  type: 'signal',
  summary: 'Sends a signal to the process group of a program; `INVALID_STATE` once it has ended.',
  appliesTo: 'pty',
  audited: true,
  scope: 'sessions:write',
  example: { type: 'signal', id: 'c-15', sessionId: 'build', signal: 'SIGINT' },
  exampleData: { signal: 'SIGINT', pid: 4711 },
  schema: () => sessionCommand<SignalCommand>('signal', { signal: deliverable }),
  dataSchema: () => object<SignalData>({ signal: deliverable, pid: processId }),
});
