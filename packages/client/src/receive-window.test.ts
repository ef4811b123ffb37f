import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isClientError } from './errors.ts';
import { ReceiveWindow } from './receive-window.ts';

function violation(act: () => void): boolean {
  try {
    act();
  } catch (error) {
    return isClientError(error, 'PROTOCOL_VIOLATION');
  }
  return false;
}

describe('ReceiveWindow', () => {
  it('acknowledges once half the window was taken, not when it arrived', () => {
    const window = new ReceiveWindow(1_000, 0);
    window.receiveBytes(0, 400);
    window.receiveBytes(400, 400);
    expect(window.take(400, 400)).toBeUndefined();
    expect(window.take(800, 400)).toBe(800);
    expect(window.inFlightBytes).toBe(0);
  });

  it('acknowledges a gap soon, because a peer may count it against the window', () => {
    const window = new ReceiveWindow(1_000, 0);
    window.receiveGap(0, 5_000);
    expect(window.take(5_000, 0)).toBe(5_000);
  });

  it('refuses bytes that repeat, skip or exceed the window', () => {
    const window = new ReceiveWindow(1_000, 100);
    expect(violation(() => window.receiveBytes(99, 1))).toBe(true);
    expect(violation(() => window.receiveBytes(101, 1))).toBe(true);
    expect(violation(() => window.receiveBytes(100, 1_001))).toBe(true);
    expect(violation(() => window.receiveGap(100, 100))).toBe(true);
    expect(violation(() => window.receiveEnd(101))).toBe(true);
    window.receiveBytes(100, 1_000);
    expect(violation(() => window.receiveBytes(1_100, 1))).toBe(true);
  });

  it('does not acknowledge again what a resume has claimed', () => {
    const window = new ReceiveWindow(1_000, 0);
    window.receiveBytes(0, 900);
    window.resume(900);
    expect(window.take(900, 900)).toBeUndefined();
    window.receiveBytes(900, 1_000);
    expect(window.take(1_400, 500)).toBe(1_400);
    expect(window.inFlightBytes).toBe(500);
  });

  it('never lets a server that honours it run dry, whatever the sizes of chunks and gaps', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.array(fc.record({ gap: fc.boolean(), length: fc.integer({ min: 1, max: 700 }) }), { maxLength: 200 }),
        (windowBytes, steps) => {
          const window = new ReceiveWindow(windowBytes, 0);
          let sent = 0;
          let acknowledged = 0;
          for (const { gap, length } of steps) {
            if (gap) {
              window.receiveGap(sent, sent + length);
              acknowledged = window.take(sent + length, 0) ?? acknowledged;
              sent += length;
              continue;
            }
            const room = windowBytes - (sent - acknowledged);
            expect(room).toBeGreaterThan(0);
            const bytes = Math.min(length, room);
            window.receiveBytes(sent, bytes);
            acknowledged = window.take(sent + bytes, bytes) ?? acknowledged;
            sent += bytes;
          }
          expect(window.taken).toBe(sent);
        },
      ),
    );
  });
});
