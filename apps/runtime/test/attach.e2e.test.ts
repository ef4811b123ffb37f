import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { shareDaemon } from './shared-daemon.ts';

const { connect } = shareDaemon({ flags: ['--no-tcp'] });

function ended(log: { end: number | undefined }): boolean {
  return log.end !== undefined;
}

it('delivers every byte of a child, then the end, then the event that it stopped', async () => {
  const client = await connect();
  const sessionId = await client.runRaw('echo ready; read go; seq 1 20000');
  const log = await client.attach(sessionId);
  await log.until(({ text }) => text.includes('ready'));
  client.input(log, 0, Buffer.from('\n'));
  await log.until(ended);
  const expected = `ready\n${Array.from({ length: 20_000 }, (_, index) => `${index + 1}\n`).join('')}`;
  expect(log.text).toBe(expected);
  expect(log.end).toBe(expected.length);
  await client.until(() => client.eventsOf('pty.stopped').length === 1);
  expect(client.eventsOf('pty.stopped')[0]!['event']).toMatchObject({ exitCode: 0, signal: null, endOffset: log.end });
});

it('tells who attaches after the end how it ended', async () => {
  const client = await connect();
  const sessionId = await client.run('sh', ['-c', 'echo over; exit 3']);
  await client.ask('wait_for', { sessionId, exit: true });
  const { exit } = await client.ask('get_state', { sessionId });
  expect(exit).toMatchObject({ exitCode: 3, signal: null, reason: 'exited' });
  const log = await client.attach(sessionId);
  await log.until(ended);
  expect(log.text).toBe('over\r\n');
});

it('joins replay and live output without a seam, and marks the replay', async () => {
  const client = await connect();
  const sessionId = await client.runRaw('echo first; read line; echo $line; read line');
  const early = await client.attach(sessionId);
  await early.until(({ text }) => text.includes('first'));
  const late = await (await connect()).attach(sessionId);
  client.input(early, 0, Buffer.from('second\n'));
  await late.until(({ text }) => text.includes('second'));
  expect(late.text).toBe('first\nsecond\n');
  expect(late.chunks[0]).toMatchObject({ offset: 0, replay: true });
  expect(late.chunks.at(-1)).toMatchObject({ replay: false });
});

it('continues exactly at an offset, in a session that ended meanwhile', async () => {
  const client = await connect();
  const sessionId = await client.run('seq', ['1', '5000']);
  const whole = await client.attach(sessionId);
  await whole.until(ended);
  await client.ask('detach', { sessionId });
  const rest = await client.attach(sessionId, { from: 1_000 });
  await rest.until(ended);
  expect(rest.sha256).toBe(createHash('sha256').update(whole.bytes.subarray(1_000)).digest('hex'));
});

it('tells exactly what a reader from a lost offset has missed', async () => {
  const client = await connect();
  const sessionId = await client.runRaw('head -c 100000 /dev/zero', { bufferBytes: 4096 });
  await client.ask('wait_for', { sessionId, exit: true });
  const log = await client.attach(sessionId, { from: 0 });
  await log.until(ended);
  expect(log.gaps).toEqual([{ from: 0, to: 100_000 - 4096 }]);
  expect(log.bytes.length).toBe(4096);
});

it('loses nothing with policy pause although the reader comes late and the buffer is small', async () => {
  const client = await connect();
  const sessionId = await client.runRaw('seq 1 100000', { bufferBytes: 16_384, overflow: 'pause' });
  const log = await client.attach(sessionId, { window: 8_192 });
  while (!ended(log)) {
    await log.until(({ offset, end }) => end !== undefined || offset > 0);
    client.acknowledge(log);
    await new Promise(setImmediate);
  }
  expect(log.gaps).toEqual([]);
  expect(log.text).toBe(Array.from({ length: 100_000 }, (_, index) => `${index + 1}\n`).join(''));
});

it('keeps no more than the window in flight', async () => {
  const client = await connect();
  const sessionId = await client.runRaw('head -c 1000000 /dev/zero; printf end; read line');
  await client.ask('wait_for', { sessionId, text: 'end' });
  const log = await client.attach(sessionId, { window: 10_000 });
  await log.until(({ offset }) => offset >= 10_000);
  await client.ask('health_check');
  expect(log.offset).toBe(10_000);
  client.acknowledge(log);
  await log.until(({ offset }) => offset >= 20_000);
});

it('refuses what an attachment cannot be', async () => {
  const client = await connect();
  const sessionId = await client.run('cat', []);
  expect(await client.command('attach', { sessionId: 'nobody' })).toMatchObject({ code: 'SESSION_NOT_FOUND' });
  expect(await client.command('attach', { sessionId, from: 10_000 })).toMatchObject({ code: 'INVALID_STATE' });
  expect(await client.command('attach', { sessionId, from: -1 })).toMatchObject({ code: 'INVALID_COMMAND' });
  expect(await client.command('attach', { sessionId, from: 0, streamId: 'another' })).toMatchObject({
    code: 'INVALID_STATE',
  });
  await client.attach(sessionId);
  expect(await client.command('attach', { sessionId })).toMatchObject({ code: 'INVALID_STATE' });
  expect(await client.command('detach', { sessionId: 'nobody' })).toMatchObject({ code: 'INVALID_STATE' });
});

it('lets an observer watch and nothing else', async () => {
  const driver = await connect();
  const sessionId = await driver.runRaw('printf R; cat');
  const driving = await driver.attach(sessionId);
  await driving.until(({ text }) => text === 'R');
  const observer = await connect();
  const watching = await observer.attach(sessionId, { role: 'observer' });
  observer.input(watching, 0, Buffer.from('no'));
  await observer.until(() => observer.failures.length === 1);
  expect(observer.failures[0]).toMatchObject({ code: 'FORBIDDEN' });
  for (const [type, fields] of [
    ['input', { data: 'no' }],
    ['resize', { cols: 100, rows: 30 }],
    ['signal', { signal: 'SIGTERM' }],
    ['terminate', {}],
    ['delete_session', {}],
  ] as const) {
    expect(await observer.command(type, { sessionId, ...fields })).toMatchObject({ code: 'FORBIDDEN' });
  }
  driver.input(driving, 0, Buffer.from('yes'));
  await watching.until(({ text }) => text.includes('yes'));
  expect(watching.text).toBe('Ryes');
});

it('answers frames it cannot take with a code and goes on', async () => {
  const client = await connect();
  const sessionId = await client.runRaw('printf R; cat');
  const log = await client.attach(sessionId);
  await log.until(({ text }) => text === 'R');
  client.wire.send(Buffer.from([1, 2, 3]));
  client.wire.send(Buffer.alloc(16));
  client.input({ ...log, channel: 999 } as typeof log, 0, Buffer.from('x'));
  client.input(log, 5, Buffer.from('x'));
  await client.until(() => client.failures.length === 4);
  expect(client.failures.map(({ code }) => code)).toEqual(Array(4).fill('INVALID_MESSAGE'));
  expect(client.failures[3]).toMatchObject({ details: { channel: log.channel, expectedOffset: 0 } });
  client.input(log, 0, Buffer.from('still here'));
  await log.until(({ text }) => text === 'Rstill here');
});

it('acknowledges bulk input as the terminal takes it', async () => {
  const client = await connect();
  const sessionId = await client.runRaw('printf R; head -c 200000 | sha256sum');
  const log = await client.attach(sessionId);
  await log.until(({ text }) => text === 'R');
  const input = Buffer.alloc(200_000, 'abcdefg');
  for (let offset = 0; offset < input.length; offset += 10_000)
    client.input(log, offset, input.subarray(offset, offset + 10_000));
  await log.until(ended);
  expect(log.text).toContain(createHash('sha256').update(input).digest('hex'));
  expect(log.inputAcknowledged).toBeGreaterThan(150_000);
});

it('[S41] gives a client everything although another one of the same session has stalled, who gets the rest with its gap', async () => {
  const client = await connect();
  const sessionId = await client.runRaw('printf R; while read go; do head -c 1000000 /dev/zero; done', {
    bufferBytes: 2_000_000,
  });
  const stalled = await connect();
  const behind = await stalled.attach(sessionId);
  stalled.wire.ws.pause();
  const log = await client.attach(sessionId);
  await log.until(({ offset }) => offset === 1);
  for (let round = 1; round <= 20; round++) {
    client.input(log, round - 1, Buffer.from('\n'));
    await log.until(({ offset }) => offset === 1 + round * 1_000_000);
  }
  expect(log.gaps).toEqual([]);
  stalled.wire.ws.resume();
  await behind.until(({ offset }) => offset === log.offset);
  expect(behind.gaps.length).toBe(1);
});
