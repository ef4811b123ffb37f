import type { AgentBackend, AgentProcesses, AgentTerminals } from '@sessiond/agent-core';
import { AgentUnavailableError } from '@sessiond/agent-core';
import { agentEnvironment } from './agents/agent-environment.ts';
import type { AgentHosting } from './agents/agent-hosting.ts';
import { type AgentProgram, parseAgentProgram } from './agents/agent-program.ts';
import { LazyBackend } from './agents/lazy-backend.ts';
import type { Config } from './config/config.ts';

/** What agents are made of. */
export interface AgentsOptions {
  readonly config: Config;
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Starts the programs that agents run in. */
  readonly processes: AgentProcesses;
  /** Opens terminals for agents that ask for one. */
  readonly terminals?: AgentTerminals | undefined;
  /** Monotonic milliseconds. */
  readonly now?: (() => number) | undefined;
}

/** Builds what runs agents. Nothing of it is loaded before a session needs it. */
export function createAgentHosting(options: AgentsOptions): AgentHosting {
  const { config, env } = options;
  return {
    backends: createBackends(options),
    environment: (requested) => agentEnvironment(env, config.agentEnv, requested),
    maxSessions: config.maxAgentSessions,
    abortMs: config.agentAbortMs,
    dialogTimeoutMs: config.dialogTimeoutMs,
    maxDialogsPerSession: config.maxDialogsPerSession,
    maxDialogs: config.maxDialogs,
    logEvents: config.agentLogEvents,
    logBytes: config.agentLogBytes,
  };
}

function createBackends(options: AgentsOptions): ReadonlyMap<string, AgentBackend> {
  const { agentBackends, acpAgents } = options.config;
  const kinds = agentBackends.map((kind) => new LazyBackend(kind, () => loadKind(kind, options)));
  const programs = acpAgents
    .map(parseAgentProgram)
    .filter((program) => program !== undefined)
    .map((program) => new LazyBackend(program.name, () => loadAcp(options, program)));
  return new Map([...kinds, ...programs].map((backend) => [backend.name, backend]));
}

async function loadKind(kind: string, options: AgentsOptions): Promise<AgentBackend> {
  if (kind === 'acp') return loadAcp(options);
  throw new AgentUnavailableError(`Cannot use agents of ${kind}: this build has none`);
}

async function loadAcp(_options: AgentsOptions, program?: AgentProgram): Promise<AgentBackend> {
  throw new AgentUnavailableError(`Cannot use agents of ${program?.name ?? 'acp'}: this build has none`);
}
