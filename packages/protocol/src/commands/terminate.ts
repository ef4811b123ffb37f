import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../contract.ts';
import { type ExitInfo, exitInfo } from '../exit-info.ts';
import { durationMs, flag, object, offset } from '../fields.ts';

/** Ends the program of a terminal, with everything it left running there; the session stays readable. */
export interface TerminateCommand extends SessionCommandEnvelope {
  readonly type: 'terminate';
  /** From SIGTERM to SIGKILL; 0 kills at once; default the session's own. */
  readonly gracePeriodMs?: number;
}

/** How it ended. */
export interface TerminateData {
  readonly exit: ExitInfo;
  /** Whether SIGKILL was needed. */
  readonly forceKilled: boolean;
  /** The final length of the output. */
  readonly endOffset: number;
}

/** Contract of `terminate`. */
export const terminate: CommandContract<TerminateCommand, TerminateData> = contract({
  type: 'terminate',
  summary:
    'Ends the program of a terminal and answers once it is gone; on a stopped session it answers with how that one ended.',
  appliesTo: 'pty',
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
