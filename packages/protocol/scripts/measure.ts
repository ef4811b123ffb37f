// Prints what reading costs, beside the JSON.parse that it cannot do without.
import { decodeCommand, decodeFrame, encodeFrame, warmUpDecoding, writeOutputHeader } from '@sessiond/protocol';

const ROUNDS = 15;
const CALLS = 20_000;

const commands = {
  'resize, 70 bytes': { type: 'resize', id: 'c-14', sessionId: 'build', cols: 132, rows: 43 },
  'create_session, 142 bytes': {
    type: 'create_session',
    id: 'c-2',
    sessionId: 'build',
    kind: 'pty',
    cwd: '/tmp',
    pty: { command: 'bash', args: ['-l'], cols: 120, rows: 40 },
  },
  'input, 1 KiB': { type: 'input', id: 'c-13', sessionId: 'build', data: 'x'.repeat(1024) },
};
const frame = encodeFrame({
  kind: 'output',
  channel: 1,
  offset: 2 ** 40,
  replay: false,
  payload: new Uint8Array(4096),
});
const target = new Uint8Array(64);

warmUpDecoding();
for (const [name, command] of Object.entries(commands)) {
  const text = JSON.stringify(command);
  report(`decodeCommand, ${name}`, () => decodeCommand(text));
  report(`  of which JSON.parse`, () => JSON.parse(text));
}
report('decodeFrame', () => decodeFrame(frame));
report('writeOutputHeader', () => writeOutputHeader(target, 0, 1, 2 ** 40, false));

/** Least CPU time of a call over some rounds: what other programs on the machine take is not counted, what they disturb is. */
function report(name: string, call: () => unknown): void {
  let leastNs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < CALLS; i++) call();
    const { user, system } = process.cpuUsage(before);
    leastNs = Math.min(leastNs, ((user + system) * 1000) / CALLS);
  }
  console.log(`${name.padEnd(44)} ${leastNs.toFixed(0).padStart(6)} ns`);
}
