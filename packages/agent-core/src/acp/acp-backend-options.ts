import type { AgentProcesses, AgentTerminals } from '../agent-process.ts';

/** What a backend for agents of the Agent Client Protocol is made of. */
export interface AcpBackendOptions {
  /** What it is called; default `acp`. */
  readonly name?: string | undefined;
  /** Starts the agents. */
  readonly processes: AgentProcesses;
  /** Serves `terminal/*` of the agents; without, they are told that there are none. */
  readonly terminals?: AgentTerminals | undefined;
  /** The program of every agent of this backend; without, each session names its own. */
  readonly command?: string | undefined;
  readonly args?: readonly string[] | undefined;
  /** From SIGTERM to SIGKILL. Default 2000. */
  readonly gracePeriodMs?: number | undefined;
  /** How long work has to end when the signal of its call is aborted, before the agent's process is ended. Default 5,000. */
  readonly abortMs?: number | undefined;
  /** How long an agent may be silent after a prompt, before that fails with it: later requests to its model are not told. Default: for ever. */
  readonly firstTokenMs?: number | undefined;
  /** From the start of an agent to the end of its handshake, and from there until its conversation is open. Default 60,000. */
  readonly startMs?: number | undefined;
  /** The longest line of an agent; one with a longer one is ended. Default 16 MiB. */
  readonly maxLineBytes?: number | undefined;
  /** What is remembered of a conversation, as JSON; the oldest messages go first. Default 4 MiB. */
  readonly maxTranscriptBytes?: number | undefined;
  /** Version of this program, which agents are told. */
  readonly clientVersion?: string | undefined;
  /** Monotonic milliseconds; default `performance.now`. */
  readonly now?: (() => number) | undefined;
}
