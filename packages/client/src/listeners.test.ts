import { expect, it } from 'vitest';
import { Listeners } from './listeners.ts';

it('tells everybody, counts a listener that throws, and forgets who left', () => {
  const listeners = new Listeners<number>();
  const heard: number[] = [];
  listeners.add(() => {
    throw new Error('not my day');
  });
  const leave = listeners.add((news) => heard.push(news));
  listeners.tell(1);
  leave();
  leave();
  listeners.tell(2);
  expect(heard).toEqual([1]);
  expect(listeners.errors).toBe(2);
});
