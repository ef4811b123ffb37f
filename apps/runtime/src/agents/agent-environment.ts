import { childEnvironment } from '@sessiond/pty-core';

/** Who the programs of an agent are that write into no terminal. */
const NO_TERMINAL = 'dumb';

/** What an agent and the commands of its tools find in their environment. */
export interface AgentEnvironment {
  /** Of the agent. */
  readonly env: Readonly<Record<string, string>>;
  /** Of the commands its tools run: without the keys that only the agent needs. */
  readonly toolEnv: Readonly<Record<string, string>>;
}

/**
 * Builds both environments: what any child inherits, then what the session asks for; for the agent, also the variables that the operator has named,
 * which the session may override.
 */
export function agentEnvironment(
  host: Readonly<Record<string, string | undefined>>,
  agentVariables: readonly string[],
  requested: Readonly<Record<string, string>> = {},
): AgentEnvironment {
  const toolEnv = childEnvironment(host, requested, NO_TERMINAL);
  const named = agentVariables.flatMap((name) => {
    const value = host[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { env: { ...toolEnv, ...Object.fromEntries(named), ...requested }, toolEnv };
}
