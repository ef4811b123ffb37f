import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import pino from 'pino';
import { expect, it } from 'vitest';
import { Containment } from '../containment.ts';
import { StdioTransport } from './stdio-transport.ts';

function start(maxMessageBytes = 1024, highWaterMark = 16_384, onLine?: () => never) {
  const input = new PassThrough();
  const output = new PassThrough({ highWaterMark });
  const events: unknown[][] = [];
  const end = (): void => void events.push(['contained']);
  const guard = new Containment(pino({ level: 'silent' })).guard({ kind: 'connection', facts: {}, end });
  const transport = new StdioTransport({ input, output, maxMessageBytes, guard });
  const received: number[] = [];
  transport.start({
    onMessage: onLine ?? ((text) => events.push(['message', text])),
    onFrame: (frame) => events.push(['frame', Buffer.from(frame).toString('hex')]),
    onDrain: () => events.push(['drain']),
    onReceived: (bytes) => received.push(bytes),
    onViolation: ({ code }) => events.push(['violation', code]),
    onClose: () => events.push(['close']),
  });
  return { input, output, transport, events, received };
}

it('takes one JSON object per line, byte frames in base64 wherever the fields stand', async () => {
  const { input, events } = start();
  input.write(
    '{"type":"list_sessions"}\n{"type":"bytes","frame":"AQI="}\n\n{ "frame" : "/w==", "type" : "bytes" }\r\n{"note":"bytes"}\n',
  );
  await turn();
  expect(events).toEqual([
    ['message', '{"type":"list_sessions"}'],
    ['frame', '0102'],
    ['frame', 'ff'],
    ['message', '{"note":"bytes"}'],
  ]);
});

it('tells how much was read, lines or not, until it is closed', async () => {
  const { input, transport, received } = start();
  input.write('{}\n{"no end');
  await turn();
  input.write(' yet');
  await turn();
  transport.close(1000, '');
  input.write('too late');
  await turn();
  expect(received).toEqual([11, 4]);
});

it('reports a line that is no UTF-8, of which decoding would make something else, and goes on', async () => {
  const { input, events } = start();
  input.write(Buffer.from([0x22, 0xff, 0x22, 0x0a, 0x7b, 0x7d, 0x0a]));
  await turn();
  expect(events).toEqual([
    ['violation', 'INVALID_MESSAGE'],
    ['message', '{}'],
  ]);
});

it('leaves a failure to whoever answers for it, and is closed by the end of the input all the same', async () => {
  const { input, transport, events } = start(1024, 16_384, () => {
    throw new Error('deliberate');
  });
  input.write('{}\n');
  input.end('the last line');
  await transport.closed;
  expect(events).toEqual([['contained'], ['contained'], ['close']]);
});

it('passes broken JSON on as text, for the connection to answer', async () => {
  const { input, events } = start();
  input.write('{"type":"bytes"\n');
  await turn();
  expect(events).toEqual([['message', '{"type":"bytes"']]);
});

it('reports what is too long or no base64, and goes on', async () => {
  const { input, events } = start(64);
  input.write(`${'x'.repeat(65)}\n{"type":"bytes","frame":"not base64!"}\n{"type":"bytes"}\n{}\n`);
  await turn();
  expect(events).toEqual([
    ['violation', 'MESSAGE_TOO_LARGE'],
    ['violation', 'INVALID_MESSAGE'],
    ['violation', 'INVALID_MESSAGE'],
    ['message', '{}'],
  ]);
});

it('writes messages and frames in their order, one line each, those of a turn in one write', async () => {
  const { output, transport } = start();
  const chunks: string[] = [];
  output.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  transport.sendMessage('{"a":1}');
  transport.sendMessage('{"b":2}');
  transport.sendFrame(Buffer.from([1, 2]));
  transport.sendMessage('{"c":3}');
  await turn();
  expect(chunks.join('')).toBe('{"a":1}\n{"b":2}\n{"type":"bytes","frame":"AQI="}\n{"c":3}\n');
  expect(chunks).toHaveLength(2);
});

it('counts what waits for the end of the turn as not taken, and lets much of it go before', async () => {
  const { output, transport } = start(1024, 1024 * 1024);
  const chunks: number[] = [];
  output.on('data', (chunk: Buffer) => chunks.push(chunk.length));
  expect(transport.sendMessage('"é"')).toBe(4);
  expect(transport.bufferedBytes).toBe(5);
  let most = 0;
  for (let count = 0; count < 100; count += 1) {
    transport.sendMessage('x'.repeat(999));
    most = Math.max(most, transport.bufferedBytes - output.writableLength);
  }
  await turn();
  expect(most).toBeLessThan(64 * 1024);
  expect(chunks).toEqual([5 + 66 * 1000, 34 * 1000]);
  expect(transport.bufferedBytes).toBe(0);
});

it('shows what the reader has not taken, and tells when it has', async () => {
  const { output, transport, events } = start(1024, 16);
  for (let count = 0; count < 10; count += 1) transport.sendFrame(Buffer.alloc(30));
  expect(transport.bufferedBytes).toBeGreaterThan(0);
  expect(events).toEqual([]);
  output.resume();
  await turn();
  await turn();
  expect(transport.bufferedBytes).toBe(0);
  expect(events).toContainEqual(['drain']);
});

it('ends once, with the input or when asked to', async () => {
  const one = start();
  one.input.end('{"last":true}');
  await one.transport.closed;
  expect(one.events).toEqual([['message', '{"last":true}'], ['close']]);

  const two = start();
  two.output.resume();
  two.transport.sendMessage('{}');
  two.transport.close(1000, 'done');
  two.transport.close(1000, 'done');
  await two.transport.closed;
  two.transport.sendMessage('{"late":true}');
  two.input.end();
  await turn();
  expect(two.events.filter(([kind]) => kind === 'close')).toHaveLength(1);
});

it('survives a reader that goes away', async () => {
  const { output, transport, events } = start();
  output.destroy(new Error('EPIPE'));
  await transport.closed;
  transport.sendMessage('{}');
  await turn();
  expect(events).toEqual([['close']]);
});
