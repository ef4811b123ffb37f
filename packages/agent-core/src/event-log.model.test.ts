import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EventLog, type EventLogEntry } from './event-log.ts';

interface Appended {
  readonly text: string | undefined;
  gone: boolean;
}

/** The log as one would explain it: a list of everything that was ever appended, and what of it is gone. */
class NaiveLog {
  readonly maxEvents: number;
  readonly maxBytes: number;
  readonly firstSeq: number;
  readonly appended: Appended[] = [];

  constructor(maxEvents: number, maxBytes: number, firstSeq: number) {
    this.maxEvents = maxEvents;
    this.maxBytes = maxBytes;
    this.firstSeq = firstSeq;
  }

  get end(): number {
    return this.firstSeq + this.appended.length;
  }

  get start(): number {
    const first = this.appended.findIndex(({ text, gone }) => text !== undefined && !gone);
    return first === -1 ? this.end : this.firstSeq + first;
  }

  get held(): string[] {
    return this.appended.flatMap(({ text, gone }) => (text === undefined || gone ? [] : [text]));
  }

  get bytes(): number {
    return Buffer.byteLength(this.held.join(''));
  }

  append(text: string): void {
    const fits = Buffer.byteLength(text) <= this.maxBytes;
    this.appended.push({ text: fits ? text : undefined, gone: false });
    while (this.bytes > this.maxBytes || this.end - this.start > this.maxEvents) {
      this.appended[this.start - this.firstSeq]!.gone = true;
    }
  }

  read(seq: number): EventLogEntry | undefined {
    if (seq >= this.end) return undefined;
    const at = (number: number) => this.appended[number - this.firstSeq];
    const isHeld = (number: number) => at(number)?.text !== undefined && !at(number)?.gone;
    if (isHeld(seq)) return { kind: 'event', seq, text: at(seq)!.text! };
    let to = seq;
    while (to < this.end && !isHeld(to)) to += 1;
    return { kind: 'gap', from: seq, to };
  }
}

const scenario = fc.record({
  maxEvents: fc.integer({ min: 1, max: 200 }),
  maxBytes: fc.integer({ min: 0, max: 400 }),
  firstSeq: fc.integer({ min: 0, max: 1000 }),
  texts: fc.array(
    fc.oneof(
      { weight: 9, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
      fc.string({ minLength: 300, maxLength: 500 }),
    ),
    {
      maxLength: 300,
    },
  ),
});

it('[AG01] holds what an array of everything would hold, and reads the same at every number', () => {
  fc.assert(
    fc.property(scenario, ({ maxEvents, maxBytes, firstSeq, texts }) => {
      const naive = new NaiveLog(maxEvents, maxBytes, firstSeq);
      const log = new EventLog({ maxEvents, maxBytes, firstSeq });
      for (const text of texts) {
        const seq = naive.end;
        naive.append(text);
        expect(log.append((given) => (given === seq ? text : `${given} instead of ${seq}`))).toBe(seq);
        expect([log.start, log.end, log.bytes]).toEqual([naive.start, naive.end, naive.bytes]);
      }
      for (let seq = Math.max(0, firstSeq - 2); seq <= naive.end + 1; seq += 1) {
        expect(log.read(seq)).toEqual(naive.read(seq));
      }
      const { events, appendedEvents, displacedEvents, oversizedEvents } = log.snapshot();
      expect(events).toBe(naive.held.length);
      expect(displacedEvents).toBe(naive.appended.filter(({ gone }) => gone).length);
      expect(appendedEvents).toBe(events + displacedEvents + oversizedEvents);
    }),
  );
});

it('[AG01] gives a reader that lags every event or the gap it is in, in order and without overlap', () => {
  const steps = fc.array(fc.oneof(fc.constant('read' as const), fc.string({ maxLength: 30 })), { maxLength: 200 });
  fc.assert(
    fc.property(steps, (todo) => {
      const log = new EventLog({ maxEvents: 10, maxBytes: 100 });
      const texts: string[] = [];
      let next = log.start;
      for (const step of [...todo, 'read' as const, 'read' as const]) {
        if (step !== 'read') {
          texts.push(step);
          log.append(() => step);
          continue;
        }
        const entry = log.read(next);
        if (entry?.kind === 'event') expect(entry).toEqual({ kind: 'event', seq: next, text: texts[next - 1] });
        if (entry?.kind === 'gap') expect([entry.from, entry.to > next]).toEqual([next, true]);
        if (entry !== undefined) next = entry.kind === 'event' ? next + 1 : entry.to;
      }
    }),
  );
});
