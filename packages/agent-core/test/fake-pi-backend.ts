import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileProgram } from '@sessiond/testkit';
import { PiBackend, type PiBackendOptions } from '../src/pi/index.ts';
import { RecordedProcesses } from './recorded-processes.ts';

const FAKE_PI = compileProgram(new URL('./fake-pi/index.ts', import.meta.url));
const HOST = compileProgram(new URL('../src/pi/host/main.ts', import.meta.url));

/** A package of pi whose code is that of `fake-pi`, in a folder of the test. @returns its folder. */
export function writeFakePi(folder: string, manifest: Readonly<Record<string, unknown>> = {}): string {
  const packageDir = join(folder, 'pi');
  mkdirSync(packageDir, { recursive: true });
  const whole = {
    name: '@earendil-works/pi-coding-agent',
    version: '0.74.2',
    type: 'module',
    main: 'fake-pi.js',
    ...manifest,
  };
  writeFileSync(join(packageDir, 'package.json'), JSON.stringify(whole));
  writeFileSync(join(packageDir, 'fake-pi.js'), FAKE_PI);
  return packageDir;
}

/** A backend for that package, which leaves what it keeps in the folder. */
export function fakePiBackend(folder: string, options: Partial<PiBackendOptions> = {}): PiBackend {
  const hostScript = join(folder, 'host.mjs');
  writeFileSync(hostScript, HOST);
  return new PiBackend({
    processes: new RecordedProcesses(),
    packagePath: options.packagePath ?? writeFakePi(folder),
    hostScript,
    agentDir: join(folder, 'agent'),
    spares: 0,
    supervision: { firstDelayMs: 1 },
    ...options,
  });
}
