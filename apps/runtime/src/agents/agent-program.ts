/** An agent that is a program of its own, by the name its operator gave it. */
export interface AgentProgram {
  /** What `create_session` calls it. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** Kinds of agents that this daemon knows by itself. */
export const AGENT_KINDS: readonly ['pi', 'acp', 'fake'] = Object.freeze(['pi', 'acp', 'fake']);

/**
 * Reads `name=command args`, words separated by spaces; what is between double quotes is one word.
 * @returns `undefined` for a text that is none: the name is 1 to 64 letters, digits, `_`, `.` and `-`, and no kind of agent that exists already.
 */
export function parseAgentProgram(text: string): AgentProgram | undefined {
  const [, name, line] = /^([A-Za-z0-9][A-Za-z0-9_.-]{0,63})=(.*)$/s.exec(text) ?? [];
  if (name === undefined || line === undefined || AGENT_KINDS.some((kind) => kind === name)) return undefined;
  // An odd quote would swallow what follows.
  if ((line.split('"').length - 1) % 2 !== 0) return undefined;
  const words = line.match(/(?:[^\s"]|"[^"]*")+/g)?.map((word) => word.replaceAll('"', '')) ?? [];
  const [command, ...args] = words;
  return command === undefined || command === '' ? undefined : { name, command, args };
}
