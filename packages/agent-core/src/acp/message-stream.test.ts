import { PassThrough } from 'node:stream';
import type { AnyMessage, Stream } from '@agentclientprotocol/sdk';
import { beforeEach, describe, expect, it } from 'vitest';
import { messageStream } from './message-stream.ts';

let stdin: PassThrough;
let stdout: PassThrough;
let updates: unknown[];
let noise: string[];
let broken: Error[];
let stream: Stream;
let reader: ReadableStreamDefaultReader<AnyMessage>;
let writer: WritableStreamDefaultWriter<AnyMessage>;
beforeEach(() => {
  stdin = new PassThrough();
  stdout = new PassThrough();
  updates = [];
  noise = [];
  broken = [];
  stream = messageStream({ stdin, stdout }, 1_000, {
    onUpdate: (params) => updates.push(params),
    onNoise: (line) => noise.push(line),
    onBroken: (error) => broken.push(error),
  });
  reader = stream.readable.getReader();
  writer = stream.writable.getWriter();
});

const line = (message: object) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`;

async function ask(id: number): Promise<void> {
  await writer.write({ jsonrpc: '2.0', id, method: 'session/new' });
}

describe('messageStream', () => {
  it('[AC02] takes updates at once and in order, and leaves the answers to who asked', async () => {
    await ask(1);
    expect(String(stdin.read())).toBe(line({ id: 1, method: 'session/new' }));
    stdout.write(line({ method: 'session/update', params: { n: 1 } }));
    stdout.write(line({ method: 'session/update', params: { n: 2 } }) + line({ id: 1, result: {} }));
    expect((await reader.read()).value).toMatchObject({ id: 1, result: {} });
    expect(updates).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('[AC02] drops what nobody asked for, and passes on what is no message', async () => {
    stdout.write('Starting up\n[1]\n{"a":1}\n');
    stdout.write(line({ id: 7, result: {} }) + line({ method: 'session/unheard_of' }));
    await ask(1);
    stdout.write(line({ id: 1, result: {} }));
    stdout.write(line({ id: 1, result: 'again' }));
    stdout.end();
    expect((await reader.read()).value).toMatchObject({ id: 1, result: {} });
    expect((await reader.read()).done).toBe(true);
    expect(noise).toEqual(['Starting up', '[1]', '{"a":1}']);
    expect(broken).toEqual([]);
  });

  it('[AC02] breaks with an agent whose line is too long, and reads no further', async () => {
    stdout.write('x'.repeat(1_001));
    await expect(reader.read()).rejects.toThrow('Cannot read line: it has at least 1,001 bytes, 1,000 are allowed');
    expect(broken).toHaveLength(1);
    expect(stdout.destroyed).toBe(true);
  });

  it('[AC02] breaks with an agent that asks for more than it is answered', async () => {
    for (let id = 0; id < 65; id += 1) stdout.write(line({ id, method: 'terminal/output' }));
    await expect(async () => {
      for (;;) await reader.read();
    }).rejects.toThrow('Cannot take request: 64 of this agent wait for an answer');
    expect(broken).toHaveLength(1);
  });

  it('[AC02] takes any number of requests that are answered', async () => {
    for (let id = 0; id < 200; id += 1) {
      stdout.write(line({ id, method: 'terminal/output' }));
      expect((await reader.read()).value).toMatchObject({ id });
      await writer.write({ jsonrpc: '2.0', id, result: {} });
      stdin.read();
    }
    expect(broken).toEqual([]);
  });

  it('[AC02] lets an agent wait whose messages nobody takes, and loses none', async () => {
    stdin.resume();
    for (let id = 0; id < 500; id += 1) await ask(id);
    for (let id = 0; id < 500; id += 1) stdout.write(line({ id, result: {} }));
    await new Promise(setImmediate);
    expect(stdout.isPaused()).toBe(true);
    for (let id = 0; id < 500; id += 1) expect((await reader.read()).value).toMatchObject({ id });
  });

  it('[AC02] waits with a message until the agent has read the one before', async () => {
    const large = { jsonrpc: '2.0', id: 1, method: 'x', params: { text: 'x'.repeat(100_000) } } as const;
    let written = false;
    const writing = writer.write(large).then(() => {
      written = true;
    });
    await new Promise(setImmediate);
    expect(written).toBe(false);
    stdin.resume();
    await writing;
  });

  it('[AC02] writes nothing to an agent that is gone, and does not fail', async () => {
    stdin.destroy(new Error('EPIPE'));
    await ask(1);
  });
});
