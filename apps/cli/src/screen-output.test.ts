import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ScreenOutput } from './screen-output.ts';

function through(text: string, replay: boolean, cuts: readonly number[] = []): { shown: string; restoring: string } {
  const output = new ScreenOutput();
  const bytes = Buffer.from(text, 'latin1');
  const edges = [...new Set([0, ...cuts.filter((cut) => cut < bytes.length), bytes.length])].sort((a, b) => a - b);
  let shown = '';
  for (let at = 1; at < edges.length; at += 1) {
    shown += Buffer.from(output.push(bytes.subarray(edges[at - 1], edges[at]), replay)).toString('latin1');
  }
  // What is still held comes with the next output.
  shown += Buffer.from(output.push(Buffer.from('|'), false)).toString('latin1');
  return { shown, restoring: output.restoring() };
}

const QUERIES = [
  '\x1b[c',
  '\x1b[>c',
  '\x1b[0c',
  '\x1b[6n',
  '\x1b[?6n',
  '\x1b[>0q',
  '\x1b[?2026$p',
  '\x1b[?u',
  '\x1b[18t',
  '\x1b]11;?\x07',
  '\x1b]10;?\x1b\\',
  '\x1b]52;c;?\x07',
  '\x1bP+q544e\x1b\\',
  '\x1bP$qm\x1b\\',
  '\x1bZ',
];
const OTHERS = [
  '\x1b[31m',
  '\x1b[?25l',
  '\x1b[2 q',
  '\x1b[u',
  '\x1b[>1u',
  '\x1b[8;24;80t',
  '\x1b]0;title?\x07',
  '\x1b]8;;http://x/?a\x1b\\',
  '\x1b[!p',
  '\x1b(B',
  'text',
  '\r\n',
  'ü',
];

describe('ScreenOutput', () => {
  it.each(QUERIES)('leaves the question %j out of a replay and lets it live', (query) => {
    expect(through(`a${query}b`, true).shown).toBe('ab|');
    expect(through(`a${query}b`, false).shown).toBe(`a${query}b|`);
  });

  it.each(OTHERS)('lets %j through in both', (text) => {
    expect(through(`a${text}b`, true).shown).toBe(`a${text}b|`);
    expect(through(`a${text}b`, false).shown).toBe(`a${text}b|`);
  });

  it('shows live output in the very push in which it comes, also an unfinished sequence', () => {
    expect(Buffer.from(new ScreenOutput().push(Buffer.from('a\x1b['), false)).toString()).toBe('a\x1b[');
  });

  it('does not hold a string that never ends', () => {
    const output = new ScreenOutput();
    const endless = Buffer.from(`\x1b]0;${'x'.repeat(10_000)}`);
    expect(output.push(endless, true).length).toBe(endless.length);
  });

  it('is the same whichever way the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...QUERIES, ...OTHERS), { maxLength: 20 }),
        fc.array(fc.nat(200)),
        fc.boolean(),
        (parts, cuts, replay) => {
          const text = parts.join('');
          const expected = replay ? parts.filter((part) => !QUERIES.includes(part)).join('') : text;
          const result = through(text, replay, cuts);
          expect(result.shown).toBe(`${expected}|`);
          expect(result.restoring).toBe(through(text, replay).restoring);
        },
      ),
    );
  });
});

describe('what is restored', () => {
  it('is only attributes when nothing was switched', () => {
    expect(through('\x1b[31mhello', false).restoring).toBe('\x1b[m');
  });

  it('is exactly what a full-screen program left on, the alternate screen last', () => {
    const { restoring } = through('\x1b[?1049h\x1b[?1000;1006h\x1b[?25l\x1b[?2004h\x1b=\x1b[?2004l', false);
    expect(restoring).toBe('\x1b[m\x1b>\x1b[?1000l\x1b[?1006l\x1b[?25h\x1b[?1049l');
  });

  it('knows keyboards, cursors, margins and character sets', () => {
    const { restoring } = through('\x1b[>1u\x1b[>4;2m\x1b[5 q\x1b[2;10r\x1b(0', false);
    expect(restoring).toBe('\x1b[m\x1b(B\x0f\x1b[>4m\x1b[<1u\x1b[0 q\x1b7\x1b[r\x1b8');
  });

  it('forgets what the program has reset itself', () => {
    expect(through('\x1b[?1049h\x1b[>1u\x1bc', false).restoring).toBe('\x1b[m');
    expect(through('\x1b[?1049h\x1b[?1049l\x1b[>1u\x1b[<u\x1b[5 q\x1b[0 q', false).restoring).toBe('\x1b[m');
  });
});
