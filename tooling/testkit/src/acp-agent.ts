import { fileURLToPath } from 'node:url';

/**
 * The program and the arguments that start a small agent of the Agent Client Protocol, a real process with no model behind it; `options` are those of
 * `acp/agent-options.ts`. Prompts decide what it does: see `acp/agent-words.ts`.
 */
export function acpAgent(...options: readonly string[]): {
  readonly command: string;
  readonly args: readonly string[];
} {
  const program = fileURLToPath(new URL('acp/agent-program.ts', import.meta.url));
  // Resolved here: the agent starts in a folder of its own.
  return { command: process.execPath, args: ['--import', import.meta.resolve('tsx'), program, ...options] };
}
