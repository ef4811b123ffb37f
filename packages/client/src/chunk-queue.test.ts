import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Chunk } from './chunk.ts';
import { ChunkQueue } from './chunk-queue.ts';

function bytes(offset: number, length: number, replay = false): Chunk {
  return { kind: 'bytes', offset, bytes: new Uint8Array(length).fill(offset % 251), replay };
}

describe('ChunkQueue', () => {
  it('gives chunks back in order', () => {
    const queue = new ChunkQueue();
    queue.push(bytes(0, 5_000));
    queue.push({ kind: 'gap', from: 5_000, to: 6_000 });
    queue.push({ kind: 'end', offset: 6_000 });
    expect([queue.shift(), queue.shift(), queue.shift()].map((chunk) => chunk?.kind)).toEqual(['bytes', 'gap', 'end']);
    expect(queue.shift()).toBeUndefined();
    expect(queue.isEmpty).toBe(true);
  });

  it('joins tiny chunks that wait, so that a million of them is a few objects', () => {
    const queue = new ChunkQueue();
    for (let offset = 0; offset < 100_000; offset += 1) queue.push(bytes(offset, 1));
    let taken = 0;
    let chunks = 0;
    for (let chunk = queue.shift(); chunk?.kind === 'bytes'; chunk = queue.shift()) {
      expect(chunk.offset).toBe(taken);
      taken += chunk.bytes.length;
      chunks += 1;
    }
    expect(taken).toBe(100_000);
    expect(chunks).toBeLessThan(10);
  });

  it('never joins replayed and live bytes', () => {
    const queue = new ChunkQueue();
    queue.push(bytes(0, 1, true));
    queue.push(bytes(1, 1, true));
    queue.push(bytes(2, 1, false));
    expect([queue.shift(), queue.shift(), queue.shift()]).toEqual([bytes(0, 1, true), bytes(1, 1, true), bytes(2, 1)]);
  });

  it('joins gaps that follow each other', () => {
    const queue = new ChunkQueue();
    queue.push({ kind: 'gap', from: 0, to: 10 });
    queue.push({ kind: 'gap', from: 10, to: 25 });
    expect(queue.shift()).toEqual({ kind: 'gap', from: 0, to: 25 });
    expect(queue.isEmpty).toBe(true);
  });

  it('is a list of bytes that can be cut at the end, whatever the order of acts', () => {
    const act = fc.oneof(
      fc.record({
        act: fc.constant('push' as const),
        length: fc.integer({ min: 1, max: 10_000 }),
        replay: fc.boolean(),
      }),
      fc.record({ act: fc.constant('gap' as const), length: fc.integer({ min: 1, max: 100 }) }),
      fc.record({ act: fc.constant('shift' as const) }),
      fc.record({ act: fc.constant('truncate' as const), maxBytes: fc.integer({ min: 0, max: 30_000 }) }),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 300 }), (acts) => {
        const queue = new ChunkQueue();
        let next = 0;
        let taken = 0;
        for (const step of acts) {
          if (step.act === 'push') {
            queue.push(bytes(next, step.length, step.replay));
            next += step.length;
          } else if (step.act === 'gap') {
            queue.push({ kind: 'gap', from: next, to: next + step.length });
            next += step.length;
          } else if (step.act === 'truncate') {
            next = queue.truncate(step.maxBytes) ?? next;
            expect(queue.bytes).toBeLessThanOrEqual(step.maxBytes);
            expect(next).toBeGreaterThanOrEqual(taken);
          } else {
            const chunk = queue.shift();
            expect(chunk === undefined).toBe(taken === next);
            if (chunk?.kind === 'bytes') {
              expect(chunk.offset).toBe(taken);
              taken += chunk.bytes.length;
            } else if (chunk?.kind === 'gap') {
              expect(chunk.from).toBe(taken);
              taken = chunk.to;
            }
          }
        }
        expect(queue.isEmpty).toBe(taken === next);
      }),
    );
  });
});
