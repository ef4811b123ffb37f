/** Not one byte of what a child printed may be lost when it exits, whoever reads, and however late. */
import { expect, test } from 'vitest';
import { until } from './condition.ts';
import { eventsOf, type SpawnOptions, Terminals, typesOf } from './terminals.ts';
import { Transcript } from './transcript.ts';

const terminals = new Terminals();
const LONG = process.env['SESSIOND_LONG'] === '1';
const NUMBERS = Array.from({ length: 20_000 }, (_, index) => `${index + 1}\r\n`).join('');

/** Runs `once` so many times, a few at a time. */
async function repeat(times: number, once: () => Promise<void>): Promise<void> {
  let left = times;
  const worker = async () => {
    while (left-- > 0) await once();
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

async function readWholly(options: SpawnOptions): Promise<void> {
  const pty = terminals.spawn('seq', ['1', '20000'], options);
  const transcript = new Transcript(pty.output);
  await pty.stopped;
  expect(transcript.ended).toBe(true);
  expect(transcript.bytes.length).toBe(NUMBERS.length);
  expect(transcript.text === NUMBERS).toBe(true);
}

test('[B45] `seq 1 20000` is complete 200 times out of 200', () => repeat(200, () => readWholly({})));

test('[B45] so it is through a ring that holds a small part of it, with the child paused', () =>
  repeat(25, () => readWholly({ bufferBytes: 4_096, overflow: 'pause' })));

test('[B45] `seq 1 20000` is complete 1,000 times out of 1,000', async (context) => {
  if (!LONG) context.skip('takes half a minute: set SESSIOND_LONG=1');
  await repeat(1_000, () => readWholly({}));
}, 300_000);

test('[B47] a background job outlives the shell: the exit is told at once, its output still comes, then the end', async () => {
  const pty = terminals.sh(
    'trap "" HUP; exec 3<&0; (read -r go <&3; echo late; sleep 0.3; echo later) & echo shell; exit 4',
  );
  const transcript = new Transcript(pty.output);
  const events = eventsOf(pty);
  await until(() => pty.exit !== null, 'the exit of the shell');
  expect(typesOf(events)).toEqual(['pty.exited']);
  expect(pty.exit).toEqual({ exitCode: 4, signal: null, reason: 'exited' });
  expect([pty.state, transcript.ended]).toEqual(['active', false]);
  pty.write(Buffer.from('go\n'));
  await pty.stopped;
  expect(transcript.text).toMatch(/^shell\r\n(go\r\n)?late\r\nlater\r\n$/);
  expect(typesOf(events).at(-1)).toBe('pty.stopped');
});

test('a child that closes its terminal and opens it anew is still heard, and hears', async () => {
  const script =
    'trap "" HUP; t=$(tty); echo open; exec 0>&- 1>&- 2>&-; sleep 0.4; exec <"$t" >"$t" 2>&1; echo again; read -r line; echo "got $line"';
  const pty = terminals.sh(script);
  const transcript = new Transcript(pty.output);
  await transcript.shows('open');
  pty.write(Buffer.from('early\n'));
  await pty.stopped;
  expect(transcript.text).toContain('again\r\n');
  expect(transcript.text).toContain('got early\r\n');
  expect(pty.exit).toMatchObject({ exitCode: 0 });
});

test('a child that closes its terminal and works on without it has not ended', async () => {
  const pty = terminals.sh('trap "" HUP; echo bye; exec 0>&- 1>&- 2>&-; sleep 0.5; exit 9');
  const transcript = new Transcript(pty.output);
  await transcript.shows('bye');
  expect([pty.exit, pty.state]).toEqual([null, 'active']);
  expect(await pty.stopped).toMatchObject({ exitCode: 9 });
  expect(transcript.text).toBe('bye\r\n');
});

test('a child that prints nothing and exits at once stops at once', async () => {
  await repeat(50, async () => {
    const pty = terminals.spawn('true');
    await pty.stopped;
    expect([pty.output.end, pty.output.ended]).toEqual([0, true]);
  });
});
