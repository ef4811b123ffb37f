import { join } from 'node:path';
import { MAX_DURATION_MS } from '@sessiond/protocol';
import type { OptionTable } from '../option-spec.ts';
import { KIB, MAX_TIMER_MS, MIB } from '../units.ts';

/** Coding agents as sessions. */
export interface AgentConfig {
  readonly agentBackends: readonly string[];
  readonly maxAgentSessions: number;
  readonly agentEnv: readonly string[];
  readonly piPackage: string | null;
  readonly piNode: string | null;
  readonly piAgentDir: string;
  readonly agentRoots: readonly string[];
  readonly piTrust: readonly string[];
  readonly piSpares: number;
  readonly acpAgents: readonly string[];
  readonly agentPromptMs: number;
  readonly agentFirstTokenMs: number | null;
  readonly agentAbortMs: number;
  readonly agentShellMs: number;
  readonly dialogTimeoutMs: number | null;
  readonly maxDialogsPerSession: number;
  readonly maxDialogs: number;
  readonly dialogAnswersPerMinute: number | null;
  readonly agentLogEvents: number;
  readonly agentLogBytes: number;
}

/** The rows of the table for {@link AgentConfig}. */
export const agentOptions: OptionTable<AgentConfig> = Object.freeze({
  agentBackends: {
    kind: 'list',
    placeholder: 'name',
    default: ['pi', 'acp'],
    help: 'Kind of agent that sessions may run: pi, acp, and fake, which needs no model and is for trials; repeatable. What is named here is loaded on first use.',
  },
  maxAgentSessions: {
    kind: 'integer',
    placeholder: 'count',
    min: 0,
    max: 10_000,
    default: 100,
    help: 'Sessions of agents at the same time, finished ones included.',
  },
  agentEnv: {
    kind: 'list',
    placeholder: 'name',
    default: [],
    help: 'Variable of the environment of the daemon that agents are given, such as ANTHROPIC_API_KEY; the commands that their tools run are not. Repeatable.',
  },
  piPackage: {
    kind: 'path',
    placeholder: 'folder',
    noneWord: 'off',
    default: null,
    defaultText: 'off',
    help: 'Folder of the installed package of pi, if it does not lie beside the daemon.',
  },
  piNode: {
    kind: 'path',
    placeholder: 'file',
    noneWord: 'off',
    default: null,
    defaultText: 'off',
    help: 'The Node that runs pi, if it is not the one of the daemon.',
  },
  piAgentDir: {
    kind: 'path',
    placeholder: 'folder',
    default: ({ env, homeDir }) => env['PI_CODING_AGENT_DIR'] || join(homeDir, '.pi', 'agent'),
    defaultText: '~/.pi/agent',
    help: 'Folder of the settings, models, keys and conversations of pi.',
  },
  agentRoots: {
    kind: 'list',
    placeholder: 'folder',
    default: ({ resolved }) => [join(resolved.piAgentDir!, 'sessions')],
    defaultText: 'the folder sessions in piAgentDir',
    help: 'Absolute path of a folder below which conversations may be loaded by the path of their file; repeatable.',
  },
  piTrust: {
    kind: 'list',
    placeholder: 'folder',
    default: [],
    help: 'Absolute path of a folder of workspaces whose own extensions pi may run, which then run as you; repeatable.',
  },
  piSpares: {
    kind: 'integer',
    placeholder: 'count',
    min: 0,
    max: 8,
    default: 1,
    help: 'Processes of pi that are kept ready, about 130 MB each, once pi was used.',
  },
  acpAgents: {
    kind: 'list',
    placeholder: 'name=command',
    default: [],
    help: 'Agent of the Agent Client Protocol by a name of its own, with its command and arguments, such as "gemini=gemini --experimental-acp"; repeatable.',
  },
  agentPromptMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 1000,
    max: MAX_DURATION_MS,
    default: 3_600_000,
    help: 'How long an agent may work on a prompt that does not say so itself; then it is aborted.',
  },
  agentFirstTokenMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 100,
    max: MAX_TIMER_MS,
    noneWord: 'off',
    default: 600_000,
    help: 'How long the provider of a model may say nothing after it was asked; then it is given up, and the prompt fails as if the provider had. Of agents of ACP only the first request of a prompt is known. off waits until the deadline of the prompt.',
  },
  agentAbortMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 0,
    max: 600_000,
    default: 5000,
    help: 'How long an agent has to end its work when it is aborted, before its process is ended.',
  },
  agentShellMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 1,
    max: MAX_DURATION_MS,
    default: 1_800_000,
    help: 'How long a command may run that a tool of an agent runs, and the most it may ask for; then all its processes are ended.',
  },
  dialogTimeoutMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 1000,
    max: MAX_TIMER_MS,
    noneWord: 'never',
    default: 600_000,
    help: 'How long a question of an agent waits for a person that does not say so itself; then the agent gets no answer.',
  },
  maxDialogsPerSession: {
    kind: 'integer',
    placeholder: 'count',
    min: 0,
    max: 10_000,
    default: 16,
    help: 'Questions of one agent that may wait for a person; to those beyond, the agent gets no answer.',
  },
  maxDialogs: {
    kind: 'integer',
    placeholder: 'count',
    min: 0,
    max: 100_000,
    default: 256,
    help: 'The same for all agents together.',
  },
  dialogAnswersPerMinute: {
    kind: 'integer',
    placeholder: 'count',
    min: 0,
    max: 1_000_000,
    noneWord: 'off',
    default: 60,
    help: 'Answers to questions of one agent that clients may send per minute.',
  },
  agentLogEvents: {
    kind: 'integer',
    placeholder: 'count',
    min: 16,
    max: 1_000_000,
    default: 8192,
    help: 'Events kept per agent for those who come later.',
  },
  agentLogBytes: {
    kind: 'bytes',
    placeholder: 'bytes',
    min: 64 * KIB,
    max: 1024 * MIB,
    default: 4 * MIB,
    help: 'Bytes of events kept per agent.',
  },
});
