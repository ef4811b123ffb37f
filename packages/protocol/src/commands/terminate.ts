import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../contract.ts';
import { type ExitInfo, exitInfo } from '../exit-info.ts';
import { durationMs, flag, object, offset } from '../fields.ts';

/** Ends the program of a session, with everything it left running there; the session stays readable. */
export interface TerminateCommand extends SessionCommandEnvelope {
  readonly type: 'terminate';
  /** From SIGTERM to SIGKILL, or what an agent has to end its work; 0 kills at once; default the session's own. */
  readonly gracePeriodMs?: number;
}

/** How it ended. */
export interface TerminateData {
  readonly exit: ExitInfo;
  /** Whether SIGKILL was needed. */
  readonly forceKilled: boolean;
  /** The final length of the output; of an agent, the number behind its last event. */
  readonly endOffset: number;
}

/** Contract of `terminate`. */
export const terminate: CommandContract<TerminateCommand, TerminateData> = contract({
  type: 'terminate',
  summary:
    'Ends the program of a terminal, or an agent, and answers once it is gone; on a stopped session it answers with how that one ended.',
  appliesTo: 'session',
  audited: true,
  scope: 'sessions:write',
  timeoutClass: 'stop',
  example: { type: 'terminate', id: 'c-16', sessionId: 'build', gracePeriodMs: 2000 },
  exampleData: {
    exit: { exitCode: null, signal: 'SIGTERM', reason: 'terminated' },
    forceKilled: false,
    endOffset: 5120,
  },
  schema: () => sessionCommand<TerminateCommand>('terminate', {}, { gracePeriodMs: durationMs }),
  dataSchema: () => object<TerminateData>({ exit: exitInfo, forceKilled: flag, endOffset: offset }),
});
