import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PiBackend, type PiBackendOptions } from '../src/pi/index.ts';
import { RecordedProcesses } from './recorded-processes.ts';

/** Arguments of a Node that runs the sources of this workspace. */
const SOURCE_ARGS: readonly string[] = ['--conditions=@sessiond/source', '--import', import.meta.resolve('tsx')];

/** A package of pi whose code is that of `fake-pi`, in a folder of the test. @returns its folder. */
export function writeFakePi(folder: string, manifest: Readonly<Record<string, unknown>> = {}): string {
  const packageDir = join(folder, 'pi');
  mkdirSync(packageDir, { recursive: true });
  const main = relative(packageDir, fileURLToPath(new URL('./fake-pi/index.ts', import.meta.url)));
  const whole = { name: '@earendil-works/pi-coding-agent', version: '0.74.2', type: 'module', main, ...manifest };
  writeFileSync(join(packageDir, 'package.json'), JSON.stringify(whole));
  return packageDir;
}

/** A backend for that package, which leaves what it keeps in the folder. */
export function fakePiBackend(folder: string, options: Partial<PiBackendOptions> = {}): PiBackend {
  return new PiBackend({
    processes: new RecordedProcesses(),
    packagePath: options.packagePath ?? writeFakePi(folder),
    nodeArgs: SOURCE_ARGS,
    agentDir: join(folder, 'agent'),
    spares: 0,
    supervision: { firstDelayMs: 1 },
    ...options,
  });
}
