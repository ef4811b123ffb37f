import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { freePort } from '../workbench.ts';
import type { Contender } from './contender.ts';
import { openSocketIo } from './socket-io.ts';

/** gritty as its own command starts it; the client names the program to run. */
export const gritty: Contender = {
  name: 'gritty',
  async start(bench) {
    const port = await freePort();
    const entry = createRequire(import.meta.url).resolve('gritty');
    const main = join(dirname(entry), '..', 'bin', 'gritty.js');
    // It binds every interface unless this variable names one.
    const server = await bench.startServer([main, '--port', `${port}`], port, { IP: '127.0.0.1' });
    return { pid: server.pid, address: { port }, stop: server.stop };
  },
  open({ port }, program) {
    return openSocketIo(
      port,
      {
        namespace: '/gritty',
        inputEvent: 'data',
        endEvent: 'exit',
        commitBytes: null,
        start: (emit) => emit('terminal', { command: `sh ${program.script}`, autoRestart: false, cols: 80, rows: 24 }),
      },
      program,
    );
  },
};
