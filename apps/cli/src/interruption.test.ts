import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import type { Interrupted } from './errors.ts';
import { Interruption } from './interruption.ts';

function start() {
  const source = new EventEmitter();
  const atOnce: Interrupted[] = [];
  const interruption = new Interruption(source, (interrupted) => atOnce.push(interrupted));
  return { source, atOnce, interruption };
}

it('turns the first signal into an orderly end and the second one into an end at once', () => {
  const { source, atOnce, interruption } = start();
  source.emit('SIGTERM');
  expect(interruption.signal.reason).toMatchObject({ code: 'INTERRUPTED', signal: 'SIGTERM' });
  expect(atOnce).toEqual([]);
  source.emit('SIGINT');
  expect(atOnce).toMatchObject([{ signal: 'SIGINT' }]);
});

it('lets a command take signals until it stops', () => {
  const { source, interruption } = start();
  const taken: string[] = [];
  const stop = interruption.take((signal) => taken.push(signal) === 1);
  source.emit('SIGINT');
  expect(interruption.signal.aborted).toBe(false);
  stop();
  source.emit('SIGINT');
  expect(interruption.signal.aborted).toBe(true);
  expect(taken).toEqual(['SIGINT']);
});

it('is not ended at once by a reader of stdout that goes away during the end', () => {
  const { atOnce, interruption } = start();
  interruption.raise('SIGPIPE');
  interruption.raise('SIGPIPE');
  expect(interruption.signal.reason).toMatchObject({ signal: 'SIGPIPE' });
  expect(atOnce).toEqual([]);
});

it('gives the signals back', () => {
  const { source, interruption } = start();
  interruption.stop();
  interruption.stop();
  expect(source.eventNames()).toEqual([]);
});
