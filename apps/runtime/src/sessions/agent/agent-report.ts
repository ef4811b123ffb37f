import type { AgentStatus } from '@sessiond/agent-core';
import {
  type AgentCommandType,
  type AgentPhase,
  type AgentSessionInfo,
  type AgentSessionState,
  agentCommandTypes,
  type DialogRequest,
  type ExitInfo,
} from '@sessiond/protocol';
import type { AgentStream } from './agent-stream.ts';

/** What is to be told of a session of an agent. */
export interface AgentFacts
  extends Pick<AgentSessionInfo, 'sessionId' | 'owner' | 'createdAt' | 'version' | 'backend' | 'cwd'>,
    Pick<AgentSessionInfo, 'laneId' | 'terminalId'> {
  readonly name: string | undefined;
  readonly phase: AgentPhase;
  readonly status: AgentStatus;
  readonly stream: Pick<AgentStream, 'streamId' | 'start' | 'end' | 'attached' | 'lastAt'>;
  readonly dialogs: readonly DialogRequest[];
  readonly ended: { readonly exit: ExitInfo; readonly at: string } | undefined;
  readonly retentionMs: number;
  /** Whether the agent knows a command. */
  readonly supports: (type: AgentCommandType) => boolean;
}

/** The session as `list_sessions` tells of it. */
export function agentInfo(facts: AgentFacts): AgentSessionInfo {
  const { name, status, stream, ended } = facts;
  const { streamId, start, end, attached, lastAt } = stream;
  const { model, thinkingLevel, sessionFile, agentSessionId, pid, restarts } = status;
  return {
    sessionId: facts.sessionId,
    kind: 'agent',
    ...(name !== undefined && { name }),
    owner: facts.owner,
    createdAt: facts.createdAt,
    state: facts.phase,
    version: facts.version,
    backend: facts.backend,
    cwd: facts.cwd,
    laneId: facts.laneId,
    terminalId: facts.terminalId,
    ...(model !== undefined && { model }),
    ...(thinkingLevel !== undefined && { thinkingLevel }),
    ...(sessionFile !== undefined && { sessionFile }),
    ...(agentSessionId !== undefined && { agentSessionId }),
    ...(pid !== undefined && { pid }),
    restarts,
    streamId,
    start,
    end,
    attached,
    ...(lastAt !== undefined && { lastEventAt: lastAt }),
    pendingDialogs: facts.dialogs.length,
    ...(ended !== undefined && { exit: ended.exit, stoppedAt: ended.at }),
    retention: { afterExitMs: facts.retentionMs },
  };
}

/** The session as `get_state` tells of it. */
export function agentState(facts: AgentFacts): AgentSessionState {
  const { status, dialogs, supports } = facts;
  const { autoCompactionEnabled, autoRetryEnabled, messageCount, steeringMode, followUpMode } = status;
  const { lastError, lastExit } = status;
  return {
    ...agentInfo(facts),
    isStreaming: status.isStreaming,
    isCompacting: status.isCompacting,
    ...(autoCompactionEnabled !== undefined && { autoCompactionEnabled }),
    ...(autoRetryEnabled !== undefined && { autoRetryEnabled }),
    ...(messageCount !== undefined && { messageCount }),
    ...(steeringMode !== undefined && { steeringMode }),
    ...(followUpMode !== undefined && { followUpMode }),
    steering: status.steering,
    followUp: status.followUp,
    commands: agentCommandTypes.filter(supports),
    dialogs,
    ...(lastError !== undefined && { lastError }),
    ...(lastExit !== undefined && { lastExit }),
    transitions: status.transitions,
  };
}
