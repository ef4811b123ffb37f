import type { LibraryName, TerminalLibrary } from './terminal-library.ts';

/** Loads a library into this process. One per process, so that memory and processor time are its own. */
export async function loadLibrary(name: LibraryName): Promise<TerminalLibrary> {
  if (name === 'node-pty') return (await import('./node-pty.ts')).nodePty;
  const { loadPtyCore, withoutHolds } = await import('./pty-core.ts');
  return loadPtyCore(name === 'pty-core' ? undefined : withoutHolds);
}
