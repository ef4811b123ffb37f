import pino from 'pino';
import { beforeEach, expect, it } from 'vitest';
import { Containment, type Owner } from './containment.ts';

const lines: Record<string, unknown>[] = [];
const containment = (): Containment =>
  new Containment(pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) }));
beforeEach(() => {
  lines.length = 0;
});

function owner(): Owner & { ends: number } {
  const counted = {
    kind: 'connection' as const,
    facts: { connectionId: 'c-1' },
    ends: 0,
    end: () => void counted.ends++,
  };
  return counted;
}

it('ends the owner of a callback that throws, counts it and says whose it was', () => {
  const [contained, mine, other] = [containment(), owner(), owner()];
  contained.guard(other)(() => {})();
  contained.guard(mine)((text: string) => {
    throw new Error(text);
  })('oops');
  expect([mine.ends, other.ends]).toEqual([1, 0]);
  expect(contained.failures).toEqual({ connection: 1, terminal: 0, request: 0, session: 0 });
  expect(lines).toMatchObject([
    { level: 50, event: 'contained', owner: 'connection', connectionId: 'c-1', err: { message: 'oops' } },
  ]);
});

it('ends the owner of a callback whose promise rejects', async () => {
  const [contained, mine] = [containment(), owner()];
  contained.guard(mine)(() => Promise.reject(new Error('late')))();
  await new Promise(setImmediate);
  expect([mine.ends, contained.failures.connection]).toEqual([1, 1]);
});

it('survives an owner that cannot even be ended', () => {
  const contained = containment();
  const stubborn: Owner = {
    ...owner(),
    end: () => {
      throw new Error('cannot end');
    },
  };
  expect(() => contained.failed(stubborn, new Error('oops'))).not.toThrow();
  expect(lines).toMatchObject([{ err: { message: 'oops' } }, { err: { message: 'cannot end' } }]);
});

it('passes arguments on and keeps quiet while all is well', () => {
  const seen: unknown[] = [];
  containment().guard(owner())((a: number, b: string) => seen.push(a, b))(1, 'b');
  expect([seen, lines]).toEqual([[1, 'b'], []]);
});
