import type { AgentProcesses, AgentTerminals } from '../agent-process.ts';
import type { OpenAgent } from '../backend.ts';
import type { Clock } from '../clock.ts';
import type { AcpSdk } from './load-sdk.ts';

/** What all agents of a backend have in common. */
export interface AcpAgentSettings {
  readonly backend: string;
  readonly sdk: AcpSdk;
  readonly processes: AgentProcesses;
  readonly terminals: AgentTerminals | undefined;
  readonly clock: Clock;
  readonly timestamp: () => string;
  readonly clientVersion: string;
  readonly startMs: number;
  readonly gracePeriodMs: number;
  readonly abortMs: number;
  readonly firstTokenMs: number | undefined;
  readonly maxLineBytes: number;
  readonly maxTranscriptBytes: number;
}

/** Which agent. */
export interface AcpAgentRequest extends OpenAgent {
  readonly command: string;
}
