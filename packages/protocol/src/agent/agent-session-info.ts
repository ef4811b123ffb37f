import * as z from 'zod';
import { type ExitInfo, exitInfo } from '../exit-info.ts';
import {
  type FieldArguments,
  flag,
  id,
  integer,
  list,
  object,
  offset,
  oneOf,
  processId,
  sessionId,
  signalName,
  timestamp,
} from '../fields.ts';
import { processText } from '../process-fields.ts';
import { type Retention, retention, sessionName } from '../session-fields.ts';
import { type DialogRequest, dialogRequest } from './agent-dialog.ts';
import { type AgentModel, agentModel, agentWord } from './agent-model.ts';
import { type QueueMode, queueMode } from './queue-mode.ts';

/**
 * Where an agent is in its life.
 *
 * `starting`: its process comes up · `idle`: it waits for a prompt · `running`: it works · `restarting`: its process ended and is started again ·
 * `stopped`: it is over, and only what it said can be read.
 */
export type AgentPhase = 'starting' | 'idle' | 'running' | 'restarting' | 'stopped';

/** Everything to be known about an agent session except its events. */
export interface AgentSessionInfo {
  readonly sessionId: string;
  readonly kind: 'agent';
  readonly name?: string;
  /** The id of the principal that created it. */
  readonly owner: string;
  readonly createdAt: string;
  readonly state: AgentPhase;
  /** Counts successful changes; what `ifSessionVersion` is compared with. */
  readonly version: number;
  /** The kind of agent, for example `pi`. */
  readonly backend: string;
  readonly cwd: string;
  readonly laneId: string;
  readonly terminalId: string;
  readonly model?: AgentModel;
  /** In the agent's own words. */
  readonly thinkingLevel?: string;
  /** The file the agent keeps the conversation in. */
  readonly sessionFile?: string;
  /** What the agent itself calls the conversation. */
  readonly agentSessionId?: string;
  /** The process it runs in, which it may share with other sessions. */
  readonly pid?: number;
  /** Times its process had to be started again. */
  readonly restarts: number;
  /** Names this life of its events; numbers of another life mean nothing here. */
  readonly streamId: string;
  /** Number of the oldest event that can still be read. */
  readonly start: number;
  /** The number the next event will have. */
  readonly end: number;
  /** Attachments at the moment, of all connections. */
  readonly attached: number;
  /** When the last event came, RFC 3339. */
  readonly lastEventAt?: string;
  /** Dialogs that wait for an answer. */
  readonly pendingDialogs: number;
  /** Present once `state` is `stopped`; an agent leaves no status of its own, so only the reason says something. */
  readonly exit?: ExitInfo;
  /** When the session stopped, RFC 3339; present once `state` is `stopped`. */
  readonly stoppedAt?: string;
  readonly retention: Retention;
}

/** One step in the life of an agent. */
export interface AgentTransition {
  readonly from: AgentPhase;
  readonly to: AgentPhase;
  readonly cause: string;
  readonly ts: string;
}

/** The record of an agent session with what it is doing. */
export interface AgentSessionState extends AgentSessionInfo {
  /** Whether a model answers or a tool runs. */
  readonly isStreaming: boolean;
  readonly isCompacting: boolean;
  readonly autoCompactionEnabled?: boolean;
  readonly autoRetryEnabled?: boolean;
  readonly messageCount?: number;
  /** How what waits is taken up; absent where that cannot be chosen. */
  readonly steeringMode?: QueueMode;
  readonly followUpMode?: QueueMode;
  /** What waits to be taken up: while it works, and after. */
  readonly steering: readonly string[];
  readonly followUp: readonly string[];
  /** Commands this agent knows; the others are answered with `INVALID_STATE`. */
  readonly commands: readonly string[];
  readonly dialogs: readonly DialogRequest[];
  /** Its last failure, in words. */
  readonly lastError?: string;
  /** How its process last ended. */
  readonly lastExit?: { readonly exitCode?: number; readonly signal?: string };
  /** The last 10, oldest first. */
  readonly transitions: readonly AgentTransition[];
}

/** Schema of {@link AgentPhase}. */
export const agentPhase: z.ZodType<AgentPhase> = oneOf(['starting', 'idle', 'running', 'restarting', 'stopped']);

/** The fields of {@link AgentSessionInfo}, required and optional ones, for what extends it. */
export const agentSessionFields: FieldArguments<AgentSessionInfo> = [
  {
    sessionId,
    kind: oneOf(['agent']),
    owner: z.string(),
    createdAt: timestamp,
    state: agentPhase,
    version: offset,
    backend: agentWord,
    cwd: processText,
    laneId: id,
    terminalId: id,
    restarts: offset,
    streamId: id,
    start: offset,
    end: offset,
    attached: offset,
    pendingDialogs: offset,
    retention,
  },
  {
    name: sessionName,
    model: agentModel,
    thinkingLevel: agentWord,
    sessionFile: processText,
    agentSessionId: z.string(),
    pid: processId,
    lastEventAt: timestamp,
    exit: exitInfo,
    stoppedAt: timestamp,
  },
];

/** Schema of {@link AgentSessionInfo}. */
export const agentSessionInfo: z.ZodType<AgentSessionInfo> = object<AgentSessionInfo>(...agentSessionFields);

const [requiredFields, optionalFields] = agentSessionFields;

/** Schema of {@link AgentSessionState}. */
export const agentSessionState: z.ZodType<AgentSessionState> = object<AgentSessionState>(
  {
    ...requiredFields,
    isStreaming: flag,
    isCompacting: flag,
    steering: list(z.string(), 100_000),
    followUp: list(z.string(), 100_000),
    commands: list(z.string(), 1000),
    dialogs: list(dialogRequest, 10_000),
    transitions: list(
      object<AgentTransition>({ from: agentPhase, to: agentPhase, cause: z.string(), ts: timestamp }),
      10,
    ),
  },
  {
    ...optionalFields,
    autoCompactionEnabled: flag,
    autoRetryEnabled: flag,
    messageCount: offset,
    steeringMode: queueMode,
    followUpMode: queueMode,
    lastError: z.string(),
    lastExit: object<NonNullable<AgentSessionState['lastExit']>>({}, { exitCode: integer(0, 255), signal: signalName }),
  },
);
