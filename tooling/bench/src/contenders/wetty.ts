import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { freePort } from '../workbench.ts';
import type { Contender } from './contender.ts';
import { openSocketIo } from './socket-io.ts';

/**
 * wetty as its own command starts it, with a local command, which it only runs as root (it uses ssh for everyone else).
 *
 * Its command is fixed for the life of a server, so it gets a script that runs what a file names at that moment.
 */
export const wetty: Contender = {
  name: 'wetty',
  async start(bench) {
    if (process.getuid?.() !== 0) throw new Error('Cannot start wetty: it runs local commands only as root');
    const port = await freePort();
    const commandFile = join(bench.directory, `wetty-${port}.sh`);
    const main = join(dirname(createRequire(import.meta.url).resolve('wetty')), 'main.js');
    const server = await bench.startServer(
      [main, '--host', '127.0.0.1', '--port', `${port}`, '--command', `sh ${commandFile}`, '--log-level', 'error'],
      port,
      { NODE_ENV: 'production' },
    );
    return { pid: server.pid, address: { port, commandFile }, stop: server.stop };
  },
  open({ port, commandFile }, program) {
    writeFileSync(commandFile!, `exec sh ${program.script}\n`);
    return openSocketIo(
      port,
      // The sizes its own page acknowledges.
      { namespace: '', inputEvent: 'input', endEvent: 'logout', commitBytes: 262_144, start: () => {} },
      program,
    );
  },
};
