// The process that runs pi for the daemon. It talks over descriptors 3 and 4, for pi and its extensions print on stdout.
import { Socket } from 'node:net';
import process from 'node:process';
import { errorWords } from './error-words.ts';
import { Host } from './host.ts';
import { loadPi } from './load-pi.ts';

const host = new Host({
  input: new Socket({ fd: 3, readable: true, writable: false }),
  output: new Socket({ fd: 4, readable: false, writable: true }),
  load: loadPi,
  enter: (cwd) => process.chdir(cwd),
  // Conversations are on disk line by line, and tools are children of the daemon: there is nothing to tidy up.
  onClosed: () => process.exit(0),
});

// An exception ends the process, which the daemon starts again; a promise of an extension that nobody waits for does no harm.
process.on('unhandledRejection', (reason) => {
  host.report(errorWords(reason));
});
