import { SpawnError } from './errors.ts';
import { checkExecLimits } from './exec-limits.ts';
import { resolveExecutable } from './executable.ts';
import type { ForkedPty, NativeBinding } from './native-binding.ts';
import type { ResolvedPtyOptions } from './pty-options.ts';

/**
 * Starts a child on a new terminal, after checking all that a forked child could only fail at: by then it would be too late
 * to say why.
 * @throws SpawnError saying what is missing; nothing is left behind.
 */
export function spawnChild(
  binding: NativeBinding,
  { command, args, cwd, env, cols, rows }: ResolvedPtyOptions,
  onExit: (exitCode: number, signal: number) => void,
): ForkedPty {
  try {
    const file = resolveExecutable(command, cwd, env['PATH']);
    checkExecLimits(file, args, env);
    return binding.fork({ file, args, env, cwd, cols, rows }, onExit);
  } catch (error) {
    throw asSpawnError(error);
  }
}

/** What the system refuses is a lack of something. */
export function asSpawnError(cause: unknown): SpawnError {
  if (cause instanceof SpawnError) return cause;
  return new SpawnError('out-of-resources', 'the system has no process, terminal or descriptor to give', { cause });
}
