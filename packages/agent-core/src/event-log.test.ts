import { describe, expect, it } from 'vitest';
import { EventLog } from './event-log.ts';

function logOf(texts: readonly string[], options = {}): EventLog {
  const log = new EventLog(options);
  for (const text of texts) log.append(() => text);
  return log;
}

describe('an event log', () => {
  it('[AG01] numbers events from 1 and keeps what each was made into', () => {
    const log = new EventLog();
    expect(log.append((seq) => `{"seq":${seq}}`)).toBe(1);
    expect(log.append((seq) => `{"seq":${seq}}`)).toBe(2);
    expect(log.read(1)).toEqual({ kind: 'event', seq: 1, text: '{"seq":1}' });
    expect(log.read(2)).toEqual({ kind: 'event', seq: 2, text: '{"seq":2}' });
    expect(log.read(3)).toBeUndefined();
  });

  it('[AG01] displaces the oldest beyond its count, and says exactly which are gone', () => {
    const log = logOf(['a', 'b', 'c', 'd', 'e'], { maxEvents: 2 });
    expect(log.read(1)).toEqual({ kind: 'gap', from: 1, to: 4 });
    expect(log.read(3)).toEqual({ kind: 'gap', from: 3, to: 4 });
    expect(log.read(4)).toMatchObject({ text: 'd' });
    expect(log.snapshot()).toMatchObject({ start: 4, end: 6, events: 2, displacedEvents: 3 });
  });

  it('[AG01] counts bytes as they go over the wire', () => {
    const log = logOf(['äöü', 'x'], { maxBytes: 6 });
    expect([log.start, log.end, log.bytes]).toEqual([2, 3, 1]);
  });

  it('[AG02] drops an event that alone is too large, displaces nothing for it, and shows it as a gap', () => {
    const log = logOf(['ab', 'much too large', 'also too large', 'cd'], { maxBytes: 4 });
    expect(log.read(1)).toMatchObject({ text: 'ab' });
    expect(log.read(2)).toEqual({ kind: 'gap', from: 2, to: 4 });
    expect(log.read(3)).toEqual({ kind: 'gap', from: 3, to: 4 });
    expect(log.read(4)).toMatchObject({ text: 'cd' });
    expect(log.snapshot()).toMatchObject({ oversizedEvents: 2, displacedEvents: 0, events: 2 });
  });

  it('[AG02] shows a gap to its end when nothing follows what was too large', () => {
    expect(logOf(['ab', 'too large'], { maxBytes: 4 }).read(2)).toEqual({ kind: 'gap', from: 2, to: 3 });
    expect(logOf(['too large'], { maxBytes: 4 })).toMatchObject({ start: 2, end: 2 });
  });

  it('tells listeners once the event can be read, also when one of them throws, until they leave', () => {
    const log = new EventLog({ maxBytes: 4 });
    const heard: unknown[] = [];
    const leave = log.onAppend(() => heard.push(log.read(log.end - 1)));
    log.onAppend(() => {
      throw new Error('of a listener');
    });
    log.append(() => 'a');
    log.append(() => 'too large');
    leave();
    log.append(() => 'b');
    expect(heard).toEqual([
      { kind: 'event', seq: 1, text: 'a' },
      { kind: 'gap', from: 2, to: 3 },
    ]);
    expect(log.snapshot().listenerFailures).toBe(3);
  });

  it('is as it was when an event cannot be made into text', () => {
    const log = logOf(['a']);
    const fail = (): string => {
      throw new TypeError('no JSON');
    };
    expect(() => log.append(fail)).toThrow(TypeError);
    expect(log.snapshot()).toMatchObject({ end: 2, events: 1, appendedEvents: 1 });
    expect(log.append(() => 'b')).toBe(2);
  });

  it.each([
    ['maxEvents', 0],
    ['maxEvents', 1.5],
    ['maxBytes', -1],
    ['firstSeq', -1],
  ])('refuses %s of %d by name', (option, value) => {
    expect(() => new EventLog({ [option]: value })).toThrow(
      expect.objectContaining({ option, message: expect.stringMatching(/^Cannot create event log: /) }),
    );
  });
});
