import { beforeEach, expect, it } from 'vitest';
import type { SessionEvent } from '../sessions/session-host.ts';
import { ReadingGate } from '../transports/reading-gate.ts';
import type { Transport } from '../transports/transport.ts';
import { Outbox } from './outbox.ts';
import { Traffic } from './traffic.ts';

const MIB = 1024 * 1024;

/** A client that reads nothing: as much is unsent as the test says. */
class DeafTransport {
  readonly sent: string[] = [];
  bufferedBytes = 0;
  isReading = true;
  closeCode: number | undefined;

  sendMessage(text: string): number {
    this.sent.push(text);
    return Buffer.byteLength(text);
  }
  pauseReading(): void {
    this.isReading = false;
  }
  resumeReading(): void {
    this.isReading = true;
  }
  close(code: number): void {
    this.closeCode = code;
  }
}

let transport: DeafTransport;
let outbox: Outbox;

beforeEach(() => {
  transport = new DeafTransport();
  const client = transport as unknown as Transport;
  outbox = new Outbox(client, new Traffic(), new ReadingGate(client));
});

function event(type: string): SessionEvent {
  return { sessionId: 's', seq: 7, timestamp: '2026-01-31T12:00:00.000Z', event: { type } } as unknown as SessionEvent;
}

it('leaves events out for a client that is behind, output of bash first, and keeps those that are said once for good', () => {
  transport.bufferedBytes = 0.6 * MIB;
  for (const type of ['bash.output', 'pty.output', 'pty.stopped']) outbox.sendEvent(event(type));
  transport.bufferedBytes = 1.1 * MIB;
  for (const type of ['bash.output', 'pty.output', 'pty.stopped']) outbox.sendEvent(event(type));
  outbox.sendIfRead({ type: 'news' });
  const types = transport.sent.map((text) => (JSON.parse(text) as { event: { type: string } }).event.type);
  expect(types).toEqual(['pty.output', 'pty.stopped', 'pty.stopped']);
});

it('stops reading from who does not read 4 MiB of answers, until everything is written', () => {
  transport.bufferedBytes = 4.1 * MIB;
  outbox.send({ type: 'response' });
  expect([transport.isReading, outbox.isBackedUp]).toEqual([false, true]);
  transport.bufferedBytes = 0;
  outbox.drained();
  expect([transport.isReading, outbox.isBackedUp]).toEqual([true, false]);
});

it('takes who has not read 32 MiB for dead', () => {
  transport.bufferedBytes = 33 * MIB;
  outbox.sendEvent(event('pty.stopped'));
  expect([transport.closeCode, transport.sent]).toEqual([1013, []]);
});

it('lets who waits go on when the client reads, when the wait is given up, and when the connection ends', async () => {
  const never = new AbortController().signal;
  await outbox.read(never);
  transport.bufferedBytes = 2 * MIB;
  const given = new AbortController();
  const waits = [outbox.read(never), outbox.read(given.signal)];
  given.abort();
  await waits[1];
  outbox.drained();
  await waits[0];
  const last = outbox.read(never);
  outbox.close();
  await last;
  await outbox.read(never);
  outbox.send({ type: 'late' });
  expect(transport.sent).toEqual([]);
});
