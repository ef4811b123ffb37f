import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HashedKey } from './hashed-key.ts';
import { TextLog } from './text-log.ts';

const KIB = 1024;

function keyed(text: string): HashedKey {
  return new HashedKey(text);
}

describe('a log of texts', () => {
  it('keeps nothing and takes no memory before the first text', () => {
    const log = new TextLog({ maxEntries: 10, maxBytes: 64 * KIB });
    expect(log.snapshot()).toEqual({ entries: 0, bytes: 0, evicted: 0 });
    expect(log.find(keyed('a'), 0)).toBeUndefined();
  });

  it('gives back what it was given, whatever the characters, and the latest of a key', () => {
    const log = new TextLog({ maxEntries: 10, maxBytes: 64 * KIB });
    const texts = ['', 'plain', 'ümlaut €', '𝄞 "quoted" \\n', '\u0000'];
    for (const text of texts) {
      expect(log.add(keyed('key'), text, 0)).toBe(true);
      expect(log.find(keyed('key'), 0)).toBe(text);
    }
    expect(log.find(keyed('ke'), 0)).toBeUndefined();
    expect(log.find(keyed('keyp'), 0)).toBeUndefined();
    expect(log.snapshot()).toMatchObject({ entries: 1, evicted: 0 });
  });

  it('forgets the oldest first, by count', () => {
    const log = new TextLog({ maxEntries: 3, maxBytes: 64 * KIB });
    for (const key of ['a', 'b', 'c', 'd']) log.add(keyed(key), key, 0);
    expect(['a', 'b', 'c', 'd'].map((key) => log.find(keyed(key), 0))).toEqual([undefined, 'b', 'c', 'd']);
    expect(log.snapshot()).toMatchObject({ entries: 3, evicted: 1 });
  });

  it('tells of when the youngest is that it forgot, and takes no text that was replaced for forgotten', () => {
    const log = new TextLog({ maxEntries: 2, maxBytes: 64 * KIB });
    for (const [key, atMs] of [
      ['a', 10],
      ['b', 20],
      ['a', 30],
    ] as const)
      log.add(keyed(key), key, atMs);
    expect(log.snapshot()).not.toHaveProperty('evictedAtMs');
    log.add(keyed('c'), 'c', 40);
    expect(log.snapshot()).toMatchObject({ evicted: 1, evictedAtMs: 20 });
    log.add(keyed('d'), 'd', 50);
    expect(log.snapshot()).toMatchObject({ evicted: 2, evictedAtMs: 30 });
  });

  it('stays within its bytes, and keeps most of what fits into them', () => {
    const maxBytes = 64 * KIB;
    const log = new TextLog({ maxEntries: 1_000_000, maxBytes });
    for (let at = 0; at < 5_000; at += 1) {
      log.add(keyed(`key ${at}`), 'x'.repeat(100), 0);
      expect(log.snapshot().bytes).toBeLessThanOrEqual(maxBytes);
    }
    expect(log.find(keyed('key 4999'), 0)).toBe('x'.repeat(100));
    expect(log.find(keyed('key 0'), 0)).toBeUndefined();
    expect(log.snapshot().entries).toBeGreaterThan((maxBytes / 136) * 0.8);
  });

  it('takes a text that is larger than its pieces of memory, and refuses one that is larger than all of them', () => {
    const log = new TextLog({ maxEntries: 10, maxBytes: 64 * KIB });
    log.add(keyed('small'), 'x', 0);
    expect(log.add(keyed('large'), 'é'.repeat(20 * KIB), 0)).toBe(true);
    expect(log.find(keyed('large'), 0)).toHaveLength(20 * KIB);
    expect(log.add(keyed('too large'), 'x'.repeat(64 * KIB), 0)).toBe(false);
    expect(log.find(keyed('too large'), 0)).toBeUndefined();
    expect(log.find(keyed('small'), 0)).toBe('x');
  });

  it('finds an entry until its time is over, and gives its memory back without being asked', () => {
    const log = new TextLog({ maxEntries: 10, maxBytes: 64 * KIB, keepMs: 100 });
    log.add(keyed('a'), 'A', 0);
    log.add(keyed('b'), 'B', 50);
    expect([log.find(keyed('a'), 100), log.find(keyed('a'), 101), log.find(keyed('b'), 150)]).toEqual([
      'A',
      undefined,
      'B',
    ]);
    log.add(keyed('c'), 'C', 200);
    expect(log.snapshot()).toMatchObject({ entries: 1 });
  });

  it('numbers its pieces of memory in a circle without mixing them up', () => {
    const log = new TextLog({ maxEntries: 4, maxBytes: 1024 });
    for (let at = 0; at < 70_000; at += 1) log.add(keyed(`k${at}`), `${at}`, 0);
    expect([69_996, 69_997, 69_998, 69_999].map((at) => log.find(keyed(`k${at}`), 0))).toEqual([
      '69996',
      '69997',
      '69998',
      '69999',
    ]);
  });

  it('is filled from its end, newest first, and forgets from its front as if it had been filled from there', () => {
    const log = new TextLog({ maxEntries: 4, maxBytes: 64 * KIB });
    expect(['d', 'c', 'b'].map((key) => log.prepend(keyed(key), key.toUpperCase(), 0))).toEqual([
      'kept',
      'kept',
      'kept',
    ]);
    expect(log.prepend(keyed('c'), 'older', 0)).toBe('kept');
    log.add(keyed('e'), 'E', 0);
    expect(log.prepend(keyed('a'), 'A', 0)).toBe('full');
    const found = (): string =>
      ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((key) => log.find(keyed(key), 0) ?? '-').join('');
    expect(found()).toBe('-BCDE--');
    log.add(keyed('f'), 'F', 0);
    expect(found()).toBe('--CDEF-');
    log.add(keyed('g'), 'G', 0);
    expect(found()).toBe('---DEFG');
    expect(log.snapshot()).toMatchObject({ entries: 4, evicted: 2 });
  });

  it('makes no room for what is older than all it has, and tells that from what it can never keep', () => {
    const maxBytes = 64 * KIB;
    const log = new TextLog({ maxEntries: 1_000_000, maxBytes });
    expect(log.prepend(keyed('too large'), 'x'.repeat(maxBytes), 0)).toBe('too-large');
    expect(log.prepend(keyed('large'), 'é'.repeat(20 * KIB), 0)).toBe('kept');
    let kept = 0;
    while (log.prepend(keyed(`key ${kept}`), 'x'.repeat(100), 0) === 'kept') kept += 1;
    expect(kept).toBeGreaterThan(((maxBytes - 41 * KIB) / 136) * 0.7);
    expect(log.snapshot()).toMatchObject({ entries: kept + 1, evicted: 0 });
    expect(log.snapshot().bytes).toBeLessThanOrEqual(maxBytes);
    expect(log.find(keyed('large'), 0)).toHaveLength(20 * KIB);
    log.add(keyed('new'), 'N', 0);
    expect(log.find(keyed('new'), 0)).toBe('N');
    expect(log.find(keyed('key 0'), 0)).toBe('x'.repeat(100));
    expect(log.find(keyed(`key ${kept - 1}`), 0)).toBeUndefined();
    expect(log.snapshot().bytes).toBeLessThanOrEqual(maxBytes);
  });

  it('answers as a map does that forgets its oldest entries', () => {
    const key = fc.nat(12).map((at) => `key ${at}`);
    const step = fc.oneof(
      fc.record({ act: fc.constant('add' as const), key, text: fc.string({ maxLength: 60, unit: 'grapheme' }) }),
      fc.record({ act: fc.constant('prepend' as const), key, text: fc.string({ maxLength: 60, unit: 'grapheme' }) }),
      fc.record({ act: fc.constant('find' as const), key }),
      fc.record({ act: fc.constant('wait' as const), ms: fc.nat(40) }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.array(step, { maxLength: 200 }), (maxEntries, steps) => {
        const log = new TextLog({ maxEntries, maxBytes: 16 * KIB, keepMs: 100 });
        let model = new Map<string, { readonly text: string; readonly atMs: number }>();
        let [nowMs, oldestMs] = [0, 0];
        for (const each of steps) {
          if (each.act === 'wait') nowMs += each.ms;
          else if (each.act === 'add') {
            log.add(keyed(each.key), each.text, nowMs);
            model.delete(each.key);
            model.set(each.key, { text: each.text, atMs: nowMs });
            for (const oldest of model.keys()) if (model.size > maxEntries) model.delete(oldest);
          } else if (each.act === 'prepend') {
            oldestMs -= 1;
            const known = model.get(each.key);
            const isKept = log.prepend(keyed(each.key), each.text, oldestMs) === 'kept';
            // What has expired may be forgotten, and have made room.
            const isThere = known !== undefined && nowMs - known.atMs <= 100;
            if (isThere || model.size < maxEntries) expect(isKept).toBe(true);
            if (isKept && known === undefined)
              model = new Map([[each.key, { text: each.text, atMs: oldestMs }], ...model]);
          } else {
            const known = model.get(each.key);
            expect(log.find(keyed(each.key), nowMs)).toBe(
              known !== undefined && nowMs - known.atMs <= 100 ? known.text : undefined,
            );
          }
        }
      }),
    );
  });
});
