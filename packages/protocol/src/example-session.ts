import type { AgentSessionInfo } from './agent/agent-session-info.ts';
import type { PtySessionInfo } from './session-info.ts';
import type { PtySessionState } from './session-state.ts';

/** The record of a session as examples show it. */
export const exampleSession: PtySessionInfo = {
  sessionId: 'build',
  kind: 'pty',
  owner: 'owner',
  createdAt: '2026-01-31T12:00:00.000Z',
  state: 'active',
  version: 1,
  pid: 4711,
  command: 'bash',
  args: ['-l'],
  cwd: '/tmp',
  cols: 120,
  rows: 40,
  laneId: 'default',
  terminalId: 'build',
  streamId: 'st-1',
  start: 0,
  end: 5120,
  attached: 1,
  lastOutputAt: '2026-01-31T12:00:05.000Z',
  retention: { afterExitMs: 600_000 },
  stats: { totalWritten: 5120, totalDropped: 0, currentUtilization: 0, overflowEvents: 0 },
  overflow: 'drop-oldest',
  bufferBytes: 4_194_304,
};

/** Its full state, as the example of the command that asks for it shows it. */
export const exampleState: PtySessionState = {
  ...exampleSession,
  gracePeriodMs: 5000,
  idleTimeoutMs: 300_000,
  transitions: [
    {
      from: 'spawning',
      to: 'active',
      cause: 'spawn-succeeded',
      timestamp: 86_391_250.5,
      ts: '2026-01-31T12:00:00.004Z',
    },
  ],
  signals: [
    { signal: 'SIGINT', outcome: 'delivered', pid: 4711, timestamp: 86_395_250.25, ts: '2026-01-31T12:00:04.004Z' },
  ],
};

/** The record of an agent session as examples show it. */
export const exampleAgentSession: AgentSessionInfo = {
  sessionId: 'agent-1',
  kind: 'agent',
  owner: 'owner',
  createdAt: '2026-01-31T12:00:00.000Z',
  state: 'idle',
  version: 1,
  backend: 'pi',
  cwd: '/srv/project',
  laneId: 'default',
  terminalId: 'agent-1',
  model: { provider: 'local', id: 'small' },
  thinkingLevel: 'off',
  pid: 4711,
  restarts: 0,
  streamId: 'st-2',
  start: 1,
  end: 42,
  attached: 1,
  pendingDialogs: 0,
  retention: { afterExitMs: 600_000 },
};
