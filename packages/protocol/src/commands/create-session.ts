import * as z from 'zod';
import { type AgentOptions, agentOptions } from '../agent/agent-options.ts';
import { type CommandContract, type CommandEnvelope, contract, serverCommand } from '../contract.ts';
import { exampleSession } from '../example-session.ts';
import { cells, durationMs, id, integer, object, oneOf, sessionId, text } from '../fields.ts';
import { environment, processArgs, processText, workingDirectory } from '../process-fields.ts';
import { type Retention, retention, sessionName } from '../session-fields.ts';
import {
  type OverflowPolicy,
  overflowPolicy,
  type SessionInfo,
  type SessionKind,
  sessionInfo,
} from '../session-info.ts';
import { idleTimeoutMs } from '../session-state.ts';

/** What a terminal session runs and how; the server has a default for each. */
export interface PtyOptions {
  /** The program, found in `PATH` unless it holds a slash; default the user's shell. */
  readonly command?: string;
  readonly args?: readonly string[];
  /** 1 to 10,000; default 80. */
  readonly cols?: number;
  /** 1 to 10,000; default 24. */
  readonly rows?: number;
  /** Value of `TERM`; default `xterm-256color`. */
  readonly term?: string;
  /** Output kept, 4,096 to 2^30 bytes; default 4 MiB. */
  readonly bufferBytes?: number;
  /** Default `drop-oldest`. */
  readonly overflow?: OverflowPolicy;
  /** Silence after which the session counts as `throttled`; `null` never; default 300,000. */
  readonly idleTimeoutMs?: number | null;
  /** Share of the buffer that may be undelivered before `pty.backpressure.on` is sent, above 0.1 and at most 1; default 0.75. */
  readonly backpressureThreshold?: number;
  /** From SIGTERM to SIGKILL; default 5,000. */
  readonly gracePeriodMs?: number;
}

/** Starts a session. */
export interface CreateSessionCommand extends CommandEnvelope {
  readonly type: 'create_session';
  /** The id it shall have; default one the server makes, which sorts by time. */
  readonly sessionId?: string;
  /** Default `agent`. */
  readonly kind?: SessionKind;
  readonly name?: string;
  /** Absolute; default the home directory of the user. */
  readonly cwd?: string;
  /** Variables added to the ones the server lets through; at most 1,024. */
  readonly env?: Readonly<Record<string, string>>;
  /** A label carried in every event; default `default`. */
  readonly laneId?: string;
  /** A label carried in every event; default the session id. */
  readonly terminalId?: string;
  /** Only with kind `pty`. */
  readonly pty?: PtyOptions;
  /** Only with kind `agent`. */
  readonly agent?: AgentOptions;
  readonly retention?: Retention;
}

/** The session that now exists. */
export interface CreateSessionData {
  readonly sessionId: string;
  readonly session: SessionInfo;
}

const THRESHOLD_REQUIREMENT = 'must be a number above 0.1 and at most 1';
const backpressureThreshold = z
  .number({ error: THRESHOLD_REQUIREMENT })
  .gt(0.1, { error: THRESHOLD_REQUIREMENT })
  .max(1, { error: THRESHOLD_REQUIREMENT });

const ptyOptions = object<PtyOptions>(
  {},
  {
    command: processText,
    args: processArgs,
    cols: cells,
    rows: cells,
    term: text({ max: 64, pattern: /^[A-Za-z0-9._+-]+$/, error: 'must be the name of a terminal type' }),
    bufferBytes: integer(4096, 2 ** 30),
    overflow: overflowPolicy,
    idleTimeoutMs,
    backpressureThreshold,
    gracePeriodMs: durationMs,
  },
);

/** Contract of `create_session`. */
export const createSession: CommandContract<CreateSessionCommand, CreateSessionData> = contract({
  type: 'create_session',
  summary:
    'Starts a session and answers once its program runs; without `sessionId` the server makes one that sorts by time.',
  appliesTo: 'server',
  lane: 'data',
  scope: 'sessions:create',
  sessionAccess: 'give',
  exclusive: true,
  mutates: true,
  timeoutClass: 'spawn',
  journalled: true,
  // Arguments and environment carry secrets; the name of the program does not.
  journalKeeps: [
    'kind',
    'name',
    'cwd',
    'laneId',
    'terminalId',
    'pty.command',
    'pty.cols',
    'pty.rows',
    'agent.backend',
    'agent.model',
    'retention',
  ],
  example: {
    type: 'create_session',
    id: 'c-2',
    sessionId: 'build',
    kind: 'pty',
    cwd: '/tmp',
    pty: { command: 'bash', args: ['-l'], cols: 120, rows: 40 },
  },
  exampleData: { sessionId: 'build', session: exampleSession },
  schema: () =>
    serverCommand<CreateSessionCommand>(
      'create_session',
      {},
      {
        kind: oneOf(['pty', 'agent']),
        name: sessionName,
        cwd: workingDirectory,
        env: environment,
        laneId: id,
        terminalId: id,
        pty: ptyOptions,
        agent: agentOptions,
        retention,
      },
    )
      .refine((command) => command.pty === undefined || command.kind === 'pty', {
        path: ['pty'],
        error: 'is only for kind pty',
      })
      .refine((command) => command.agent === undefined || command.kind !== 'pty', {
        path: ['agent'],
        error: 'is only for kind agent',
      }),
  dataSchema: () => object<CreateSessionData>({ sessionId, session: sessionInfo }),
});
