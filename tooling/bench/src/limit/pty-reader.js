// The limit where there is no C compiler: the same program as pty-reader.c with Node's blocking `readSync`. Plain
// JavaScript, so that it starts without a TypeScript loader.
import { readSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawn } from 'node-pty';

const [mode, first, second, script] = process.argv.slice(2);
const terminal = spawn('sh', [script], { encoding: null });
terminal.pause();
// node-pty's descriptor does not block; its stream's handle can change that.
terminal._socket._handle.setBlocking(true);
const { fd } = terminal;
const buffer = Buffer.allocUnsafe(64 * 1024);

function readUntil(have, want) {
  while (have < want) have += readSync(fd, buffer);
  return have;
}

let have = readUntil(0, 1);
if (mode === 'stream') {
  const warm = Number(first);
  writeSync(fd, '\n');
  have = readUntil(have, warm);
  const from = have;
  const wall = performance.now();
  const cpu = process.cpuUsage();
  have = readUntil(have, warm + Number(second));
  const seconds = (performance.now() - wall) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  console.log(seconds, (user + system) / 1e6, have - from);
} else {
  const trips = [];
  for (let left = Number(first); left > 0; left--) {
    await sleep(1 + Math.random() * 3);
    const sent = performance.now();
    writeSync(fd, 'x');
    readUntil(0, 1);
    trips.push(performance.now() - sent);
  }
  console.log(...trips);
}
process.kill(terminal.pid, 'SIGKILL');
process.exit(0);
