import { fileURLToPath } from 'node:url';

/**
 * The program and the arguments that start a small agent of the Agent Client Protocol, a real process with no model behind it; `options` are those of
 * `acp/agent-options.ts`. Prompts decide what it does: see `acp/agent-words.ts`.
 */
export function acpAgent(...options: readonly string[]): {
  readonly command: string;
  readonly args: readonly string[];
} {
  // Built beforehand: compiling it at each of its many starts costs more than all it does.
  const program = fileURLToPath(new URL('../dist/acp-agent.js', import.meta.url));
  return { command: process.execPath, args: [program, ...options] };
}
