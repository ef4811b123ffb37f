import type { AgentProcesses, AgentTerminals } from '../agent-process.ts';
import { checkedDelay, checkedInteger, optionalDelay } from '../check-options.ts';
import { type Clock, systemClock } from '../clock.ts';

const DEFAULTS = Object.freeze({
  name: 'acp',
  gracePeriodMs: 2_000,
  abortMs: 5_000,
  clientVersion: '0.0.0',
  startMs: 60_000,
  maxLineBytes: 16 * 1024 * 1024,
  maxTranscriptBytes: 4 * 1024 * 1024,
});

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

/** All options, with nothing left to decide. */
export interface ResolvedAcpOptions {
  readonly name: string;
  readonly processes: AgentProcesses;
  readonly terminals: AgentTerminals | undefined;
  readonly command: string | undefined;
  readonly args: readonly string[] | undefined;
  readonly gracePeriodMs: number;
  readonly abortMs: number;
  readonly firstTokenMs: number | undefined;
  readonly startMs: number;
  readonly maxLineBytes: number;
  readonly maxTranscriptBytes: number;
  readonly clientVersion: string;
  readonly clock: Clock;
}

/** Decides what was left open. @throws InvalidOptionError for an option out of its range. */
export function resolveAcpOptions(options: AcpBackendOptions): ResolvedAcpOptions {
  const action = 'create ACP backend';
  const { processes, terminals, command, args, now } = options;
  const delay = (option: 'gracePeriodMs' | 'abortMs' | 'startMs') =>
    checkedDelay(action, option, options[option] ?? DEFAULTS[option]);
  const bytes = (option: 'maxLineBytes' | 'maxTranscriptBytes', min: number) =>
    checkedInteger(action, option, options[option] ?? DEFAULTS[option], min);
  return {
    name: options.name ?? DEFAULTS.name,
    processes,
    terminals,
    command,
    args,
    gracePeriodMs: delay('gracePeriodMs'),
    abortMs: delay('abortMs'),
    firstTokenMs: optionalDelay(action, 'firstTokenMs', options.firstTokenMs),
    startMs: delay('startMs'),
    maxLineBytes: bytes('maxLineBytes', 1),
    maxTranscriptBytes: bytes('maxTranscriptBytes', 0),
    clientVersion: options.clientVersion ?? DEFAULTS.clientVersion,
    clock: now === undefined ? systemClock : { ...systemClock, now },
  };
}
