import { expect, it } from 'vitest';
import { Random } from '../random.ts';
import { mutateBytes } from './mutate-bytes.ts';
import { type Json, mutateValue } from './mutate-value.ts';

const COMMAND: Json = { type: 'create_session', id: 'c-1', pty: { command: 'cat', args: ['-u'], cols: 80 } };

it('changes values of every type into what JSON can say, and leaves the original alone', () => {
  const before = JSON.stringify(COMMAND);
  const random = new Random(3);
  const texts = Array.from({ length: 500 }, () => JSON.stringify(mutateValue(random, COMMAND)));
  for (const text of texts) expect(() => JSON.parse(text)).not.toThrow();
  expect(JSON.stringify(COMMAND)).toBe(before);
  expect(texts.filter((text) => text === before).length).toBeLessThan(50);
  // Names that an object has anyway arrive as fields of its own.
  expect(texts.some((text) => text.includes('"__proto__":'))).toBe(true);
});

it('changes bytes, whatever their number, and leaves the original alone', () => {
  const original = Buffer.from('{"type":"health_check"}');
  const random = new Random(5);
  const mutated = Array.from({ length: 300 }, () => mutateBytes(random, original));
  expect(original.toString()).toBe('{"type":"health_check"}');
  expect(mutated.filter((bytes) => bytes.equals(original)).length).toBeLessThan(30);
  expect(mutateBytes(random, Buffer.alloc(0))).toHaveLength(0);
});
