/** Prints the README's table: the same situations with node-pty's own `spawn` and with this package. */
import { readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type IPty, spawn } from 'node-pty';
import { childEnvironment, type Pty, PtyManager } from '../src/index.ts';
import { descriptorsOf } from './descriptors.ts';

const env = childEnvironment(process.env);
const manager = new PtyManager();

/** A running child as both sides show it. */
interface Terminal {
  readonly pid: number;
  text(): string;
  bytes(): number;
  write(data: Buffer): void;
  pause(): void;
  readonly over: Promise<unknown>;
}

type Open = (script: string) => Terminal;

const bare: Open = (script) => {
  const pty: IPty = spawn('sh', ['-c', script], { encoding: null, env });
  let text = '';
  let bytes = 0;
  pty.onData((data) => {
    bytes += data.length;
    if (bytes < 1_000_000) text += (data as unknown as Buffer).toString('latin1');
  });
  return {
    pid: pty.pid,
    text: () => text,
    bytes: () => bytes,
    write: (data) => pty.write(data as unknown as string),
    pause: () => pty.pause(),
    over: new Promise((resolve) => pty.onExit(resolve)),
  };
};

const ours: Open = (script) => {
  const pty: Pty = manager.spawn({ command: 'sh', args: ['-c', script], env });
  const read = () => Buffer.from(pty.output.readAt(pty.output.start, Number.POSITIVE_INFINITY)).toString('latin1');
  return {
    pid: pty.pid,
    text: read,
    bytes: () => pty.output.end,
    write: (data) => pty.write(data),
    pause: () => {
      pty.output.overflow = 'pause';
    },
    over: pty.stopped,
  };
};

async function shown(terminal: Terminal, text: string): Promise<void> {
  while (!terminal.text().includes(text)) await delay(2);
}

async function kill(...terminals: Terminal[]): Promise<void> {
  for (const { pid } of terminals) process.kill(pid, 'SIGKILL');
  await Promise.all(terminals.map(({ over }) => over));
}

async function shortOutputs(open: Open): Promise<string> {
  let short = 0;
  for (let run = 0; run < 300; run++) {
    const terminal = open('seq 1 20000');
    await terminal.over;
    if (terminal.bytes() !== 128_894) short += 1;
  }
  return `${short} of 300`;
}

async function lostWhilePaused(open: Open): Promise<string> {
  const terminal = open('stty raw; head -c 3000 /dev/zero');
  terminal.pause();
  await terminal.over;
  return `${3_000 - terminal.bytes()} of 3,000 bytes`;
}

async function lateOutput(open: Open): Promise<string> {
  const terminal = open('trap "" HUP; (sleep 0.6; echo late) & echo shell');
  await terminal.over;
  await delay(700);
  return terminal.text().includes('late') ? 'delivered' : 'lost';
}

async function crossedInput(open: Open): Promise<string> {
  let crossed = 0;
  for (let run = 0; run < 50; run++) {
    const victim = open('stty raw -echo; echo ready; exec sleep 60');
    await shown(victim, 'ready');
    for (let index = 0; index < 20; index++) victim.write(Buffer.alloc(20_000, 'X'));
    const successor = victim.over.then(() => open('stty raw -echo; exec cat'));
    process.kill(victim.pid, 'SIGKILL');
    const next = await successor;
    await delay(100);
    if (next.text().includes('X')) crossed += 1;
    await kill(next);
  }
  return `${crossed} of 50`;
}

async function costOfNotReading(open: Open): Promise<string> {
  const terminal = open('stty raw -echo; echo ready; exec sleep 60');
  await shown(terminal, 'ready');
  terminal.write(Buffer.alloc(500_000));
  const before = process.cpuUsage();
  await delay(2_000);
  const { user, system } = process.cpuUsage(before);
  await kill(terminal);
  return `${((user + system) / 20_000).toFixed(1)} % of a core`;
}

async function foreignMasters(open: Open): Promise<string> {
  const terminals = Array.from({ length: 12 }, () => open('exec sleep 60'));
  await kill(...terminals.splice(2, 6));
  const last = open('exec sleep 60');
  while (!readlinkSync(`/proc/${last.pid}/exe`).endsWith('sleep')) await delay(2);
  const masters = [...descriptorsOf(last.pid).values()].filter((target) => target.endsWith('ptmx')).length;
  await kill(...terminals, last);
  return `${masters}`;
}

async function costOfReading(open: Open): Promise<string> {
  const before = process.cpuUsage();
  const terminal = open('stty raw; head -c 1000000000 /dev/zero');
  await terminal.over;
  const { user, system } = process.cpuUsage(before);
  return `${((user + system) / 1_000_000).toFixed(1)} s`;
}

const rows: readonly [string, (open: Open) => Promise<string>][] = [
  ['`seq 1 20000`: runs with an incomplete end', shortOutputs],
  ['child exits while reading is paused: lost', lostWhilePaused],
  ['output of a job that outlives the shell by 0.6 s', lateOutput],
  ['input that reached another terminal', crossedInput],
  ['500 KB waiting for a child that does not read', costOfNotReading],
  ["other terminals' masters open in a new child, after others ended", foreignMasters],
  ['processor time to read 1 GB of raw output', costOfReading],
];

// node-pty prints its refused writes.
console.error = () => {};
console.log(`Node ${process.versions.node}\n\n| | node-pty's own \`spawn\` | this package |\n|---|---|---|`);
for (const [situation, measure] of rows) {
  console.log(`| ${situation} | ${await measure(bare)} | ${await measure(ours)} |`);
}
