import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { gapText, Output, printable } from './output.ts';

const never = new AbortController().signal;

describe('Output', () => {
  it('waits for a reader that is behind, and no longer than the program lives', async () => {
    const stream = new PassThrough({ highWaterMark: 4 });
    const controller = new AbortController();
    const output = new Output(stream, controller.signal, () => {});
    await output.write('abc');
    let isDone = false;
    const waiting = output.write('defg').then(() => (isDone = true));
    await new Promise(setImmediate);
    expect(isDone).toBe(false);
    stream.read();
    await waiting;
    const stuck = output.write('hijklm');
    controller.abort(new Error('has to end'));
    await expect(stuck).rejects.toThrow('has to end');
  });

  it('tells once that nobody takes it any more, and drops the rest', async () => {
    const told: (string | undefined)[] = [];
    const stream = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error(), { code: 'EPIPE' })),
    });
    const output = new Output(stream, never, ({ code }) => told.push(code));
    await output.write('x');
    await new Promise(setImmediate);
    await output.line('dropped');
    await output.flush();
    expect(told).toEqual(['EPIPE']);
  });

  it('has flushed when everything was taken', async () => {
    const taken: string[] = [];
    const stream = new Writable({
      write: (chunk, _encoding, done) => {
        taken.push(String(chunk));
        setImmediate(done);
      },
    });
    const output = new Output(stream, never, () => {});
    await output.json({ a: 1 });
    await output.flush();
    expect(taken.join('')).toBe('{"a":1}\n');
  });
});

describe('texts', () => {
  it('shows control characters of strangers instead of obeying them', () => {
    expect(printable('a\x1b[2Jb\x07\x7f\x9bü')).toBe('a^[[2Jb^G\ufffd\ufffdü');
  });

  it('names the exact range of a gap', () => {
    expect(gapText(100, 1_334)).toMatch(/^1,234 bytes .*\(offset 100 up to 1334\)/);
  });
});
