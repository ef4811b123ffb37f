import { array, assert, constantFrom, integer, property, uint8Array } from 'fast-check';
import { expect, it } from 'vitest';
import { LineReader } from './line-reader.ts';

const LIMIT = 8;

function collect(): { events: string[]; reader: LineReader } {
  const events: string[] = [];
  const reader = new LineReader(LIMIT, {
    onLine: (line) => events.push(`line ${Buffer.from(line).toString('latin1')}`),
    onTooLong: () => events.push('too long'),
  });
  return { events, reader };
}

function readWhole(text: string): string[] {
  const { events, reader } = collect();
  reader.push(Buffer.from(text));
  reader.end();
  return events;
}

it('cuts at line feeds and drops a carriage return before one', () => {
  expect(readWhole('a\n\r\nbc\r\nd\re\n')).toEqual(['line a', 'line ', 'line bc', 'line d\re']);
});

it('takes a last line without an end', () => {
  expect(readWhole('a\nb')).toEqual(['line a', 'line b']);
  expect(readWhole('a\n')).toEqual(['line a']);
});

it('reports a line over the limit once, skips it and goes on with the next', () => {
  expect(readWhole(`12345678\n${'9'.repeat(30)}\nok\n`)).toEqual(['line 12345678', 'too long', 'line ok']);
});

it('says so before the end of the line, which may never come', () => {
  const { events, reader } = collect();
  reader.push(Buffer.from('123456789'));
  expect(events).toEqual(['too long']);
});

it('gives the same lines however the stream is cut', () => {
  const bytes = array(constantFrom(0x61, 0x62, 0x0a, 0x0d), { maxLength: 60 });
  assert(
    property(bytes, array(integer({ min: 0, max: 60 }), { maxLength: 6 }), (stream, cuts) => {
      const { events, reader } = collect();
      const edges = [0, ...cuts.map((cut) => Math.min(cut, stream.length)).sort((a, b) => a - b), stream.length];
      for (let at = 1; at < edges.length; at += 1) reader.push(Buffer.from(stream.slice(edges[at - 1], edges[at])));
      reader.end();
      expect(events).toEqual(readWhole(Buffer.from(stream).toString('latin1')));
    }),
  );
});

it('agrees with splitting at line feeds for every line within the limit', () => {
  assert(
    property(uint8Array({ maxLength: 40 }), (stream) => {
      const text = Buffer.from(stream).toString('latin1');
      const lines = text.split('\n');
      if (lines.at(-1) === '') lines.pop();
      const { events, reader } = collect();
      reader.push(stream);
      reader.end();
      const expected = lines.map((line) => (line.length > LIMIT ? 'too long' : `line ${line.replace(/\r$/, '')}`));
      expect(events).toEqual(expected);
    }),
  );
});
