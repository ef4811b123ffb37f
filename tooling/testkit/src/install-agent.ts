import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { AgentPackage } from './agent-package.ts';

/** How long one install may take; the largest agent has 200 MB. */
const INSTALL_MS = 10 * 60_000;

/** What became of an install; a failure says why, in one line. */
export type InstallOutcome =
  | { readonly kind: 'present' | 'installed' }
  | { readonly kind: 'failed'; readonly reason: string };

/** Installs one package, with what it depends on, below a folder; rejects when it cannot. Runs no scripts of packages. */
export type Installer = (spec: string, dir: string) => Promise<void>;

/**
 * Installs an agent unless it is there.
 *
 * It is installed in a folder beside its place and moved there when it is whole, so that an install that broke off is never used, and of two that
 * run at the same time one is. Never rejects.
 */
export async function installAgent(
  { spec, rootDir, programPath }: AgentPackage,
  install: Installer = npmInstall,
): Promise<InstallOutcome> {
  if (existsSync(programPath)) return { kind: 'present' };
  let building: string | undefined;
  try {
    await mkdir(dirname(rootDir), { recursive: true });
    building = await mkdtemp(join(dirname(rootDir), '.installing-'));
    await writeFile(join(building, 'package.json'), '{"private":true}');
    await install(spec, building);
    const program = join(building, programPath.slice(rootDir.length));
    if (!existsSync(program)) return { kind: 'failed', reason: 'there is none for this platform' };
    // What is in the way lacks the program.
    if (!existsSync(programPath)) await rm(rootDir, { recursive: true, force: true });
    await rename(building, rootDir);
    return { kind: 'installed' };
  } catch (error) {
    if (existsSync(programPath)) return { kind: 'present' };
    return { kind: 'failed', reason: reasonOf(error) };
  } finally {
    if (building !== undefined) await rm(building, { recursive: true, force: true });
  }
}

async function npmInstall(spec: string, dir: string): Promise<void> {
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
  await promisify(execFile)('npm', ['install', ...quiet, '--prefix', dir, spec], { cwd: dir, timeout: INSTALL_MS });
}

/** What npm calls the code and the message of its failure; its other lines name logs and paths. */
function reasonOf(error: unknown): string {
  const { stderr, message } = error as { readonly stderr?: string; readonly message?: string };
  const lines = (stderr ?? '').split('\n').filter((line) => line.startsWith('npm error'));
  const told = lines.slice(0, 2).map((line) => line.replace(/^npm error (code )?/, ''));
  return told.length > 0 ? told.join(': ') : (message ?? String(error)).split('\n', 1)[0]!;
}
