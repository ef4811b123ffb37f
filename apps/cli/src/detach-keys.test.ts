import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_DETACH_KEYS, DetachKeys, parseDetachKeys } from './detach-keys.ts';

function keys(text: string): DetachKeys {
  return new DetachKeys(parseDetachKeys(text));
}

function typed(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

describe('parseDetachKeys', () => {
  it('reads control keys and characters', () => {
    expect([...parseDetachKeys(DEFAULT_DETACH_KEYS)]).toEqual([0x1d, 0x64]);
    expect([...parseDetachKeys('ctrl-p,ctrl-Q')]).toEqual([0x10, 0x11]);
    expect([...parseDetachKeys('')]).toEqual([]);
  });

  it('refuses what is no key', () => {
    expect(() => parseDetachKeys('ctrl-')).toThrow('each must be one character');
    expect(() => parseDetachKeys('esc')).toThrow('each must be one character');
    expect(() => parseDetachKeys('a,'.repeat(20))).toThrow('the most is 16');
  });
});

describe('DetachKeys', () => {
  it('detaches on the sequence, also when it arrives key by key', () => {
    const found = keys('ctrl-],d');
    expect(found.push(typed('ls\r\x1d'))).toEqual({ forward: Uint8Array.from(typed('ls\r')), detached: false });
    expect(found.push(typed('d'))).toEqual({ forward: new Uint8Array(), detached: true });
  });

  it('releases what it held when another key follows', () => {
    const found = keys('ctrl-],d');
    found.push(typed('\x1d'));
    expect(Buffer.from(found.push(typed('x')).forward).toString('latin1')).toBe('\x1dx');
  });

  it('finds a sequence that begins inside a broken one', () => {
    expect(keys('a,a,b').push(typed('aaab'))).toEqual({ forward: Uint8Array.from(typed('a')), detached: true });
  });

  it('is off when there is no sequence', () => {
    expect(keys('').push(typed('\x1dd'))).toEqual({ forward: typed('\x1dd'), detached: false });
  });

  it('forwards everything before the first occurrence, whichever way the bytes are cut', () => {
    const alphabet = fc.constantFrom('a', 'b');
    fc.assert(
      fc.property(
        fc.array(alphabet, { minLength: 1, maxLength: 4 }),
        fc.array(fc.array(alphabet, { maxLength: 5 }), { maxLength: 12 }),
        (sequence, pieces) => {
          const found = keys(sequence.join(','));
          const whole = pieces.flat().join('');
          const at = whole.indexOf(sequence.join(''));
          let forwarded = '';
          let detached = false;
          for (const piece of pieces) {
            const result = found.push(typed(piece.join('')));
            forwarded += Buffer.from(result.forward).toString('latin1');
            detached = result.detached;
            if (detached) break;
          }
          expect(detached).toBe(at >= 0);
          if (at >= 0) expect(forwarded).toBe(whole.slice(0, at));
          else {
            expect(whole.startsWith(forwarded)).toBe(true);
            expect(sequence.join('').startsWith(whole.slice(forwarded.length))).toBe(true);
          }
        },
      ),
    );
  });
});
