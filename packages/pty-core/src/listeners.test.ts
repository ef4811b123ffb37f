import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Listeners } from './listeners.ts';

test('everybody is called in the order of being added', () => {
  const listeners = new Listeners<number>();
  const calls: string[] = [];
  listeners.add((value) => calls.push(`a${value}`));
  listeners.add((value) => calls.push(`b${value}`));
  listeners.emit(1);
  listeners.emit(2);
  expect(calls).toEqual(['a1', 'b1', 'a2', 'b2']);
});

test('a value caused by a listener reaches everybody after the value that caused it', () => {
  const listeners = new Listeners<number>();
  const seen: number[] = [];
  listeners.add((value) => {
    if (value < 3) listeners.emit(value + 1);
  });
  listeners.add((value) => seen.push(value));
  listeners.emit(1);
  expect(seen).toEqual([1, 2, 3]);
});

test('[B35] a listener that throws or rejects disturbs neither the emitter nor the others, and is counted', async () => {
  const listeners = new Listeners<number>();
  const seen: number[] = [];
  listeners.add(() => {
    throw new Error('defect of a listener');
  });
  listeners.add(async () => {
    throw new Error('defect of an asynchronous listener');
  });
  listeners.add((value) => seen.push(value));
  listeners.emit(7);
  await nextTurn();
  expect(seen).toEqual([7]);
  expect(listeners.failures).toBe(2);
});

test('a listener removed during an emit is not called any more, one added is called from the next value on', () => {
  const listeners = new Listeners<number>();
  const seen: string[] = [];
  listeners.add((value) => {
    seen.push(`first ${value}`);
    removeSecond();
    if (value === 1) listeners.add((later) => seen.push(`third ${later}`));
  });
  const removeSecond = listeners.add((value) => seen.push(`second ${value}`));
  listeners.emit(1);
  listeners.emit(2);
  expect(seen).toEqual(['first 1', 'first 2', 'third 2']);
});

test('removing twice, and emitting to nobody, do nothing', () => {
  const listeners = new Listeners<number>();
  const remove = listeners.add(() => {});
  remove();
  remove();
  listeners.emit(1);
  expect(listeners.failures).toBe(0);
});
