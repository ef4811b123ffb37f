import { expect, it } from 'vitest';
import { ConsoleSink } from './console.ts';
import { MemorySink } from './memory.ts';
import type { CounterDescriptor, GaugeDescriptor, HistogramDescriptor, UpDownCounterDescriptor } from './metric.ts';

const SENT: CounterDescriptor<'direction'> = {
  kind: 'counter',
  name: 'pty.io',
  unit: 'By',
  help: 'Bytes moved.',
  labelNames: ['direction'],
};
const COUNT: UpDownCounterDescriptor = {
  kind: 'upDownCounter',
  name: 'connection.count',
  unit: '{connection}',
  help: 'Clients.',
};
const LOAD: GaugeDescriptor = { kind: 'gauge', name: 'load', unit: '1', help: 'Load.' };
const WAIT: HistogramDescriptor = { kind: 'histogram', name: 'wait', unit: 's', help: 'Waits.', buckets: [0.01, 0.5] };

function printing(): { texts: string[]; sink: ConsoleSink } {
  const texts: string[] = [];
  return { texts, sink: new ConsoleSink({ write: (text) => void texts.push(text) }) };
}

it('prints a line for each number that changed since the last flush', () => {
  const { texts, sink } = printing();
  const sent = sink.counter(SENT).handle({ direction: 'out' });
  const count = sink.upDownCounter(COUNT).handle({});
  const load = sink.gauge(LOAD).handle({});
  sent.add(14_336);
  count.add(4);
  load.set(0.123456);
  sink.flush();
  sent.add(4_096);
  count.add(-1);
  sink.flush();
  sink.flush();
  load.set(0);
  sink.flush();
  expect(texts).toEqual([
    'pty.io{direction="out"} 14,336 By (+14,336)\nconnection.count 4 connection (+4)\nload 0.1235 (+0.1235)\n',
    'pty.io{direction="out"} 18,432 By (+4,096)\nconnection.count 3 connection (-1)\n',
    'load 0 (-0.1235)\n',
  ]);
});

it('prints of a histogram how many, the mean, and percentiles', () => {
  const { texts, sink } = printing();
  const wait = sink.histogram(WAIT).handle({});
  for (let at = 0; at < 98; at++) wait.record(0.005);
  wait.record(0.2);
  sink.flush();
  wait.record(0.9);
  wait.record(0.9);
  sink.flush();
  expect(texts).toEqual([
    'wait 99 values, mean 0.00697 s, p50 0.005051 s, p99 0.0149 s (+99)\n',
    'wait 101 values, mean 0.02465 s, p50 0.005153 s, p99 0.5 s (+2)\n',
  ]);
});

it('does not print what never moved, but a gauge that was set to 0', () => {
  const { texts, sink } = printing();
  sink.counter(SENT).handle({ direction: 'out' });
  sink.histogram(WAIT).handle({});
  const load = sink.gauge(LOAD).handle({});
  sink.flush();
  load.set(0);
  sink.flush();
  expect(texts).toEqual(['load 0 (0)\n']);
});

it('runs the collectors, and prints what others record into its memory', () => {
  const texts: string[] = [];
  const memory = new MemorySink();
  const sink = new ConsoleSink({ memory, write: (text) => void texts.push(text) });
  const load = memory.gauge(LOAD).handle({});
  sink.onCollect(() => load.set(2));
  sink.flush();
  expect(texts).toEqual(['load 2 (+2)\n']);
});

it('sends a terminal no character that it would act on', () => {
  const { texts, sink } = printing();
  sink.counter(SENT).handle({ direction: '\u001b[2J\u009b2J\n"\u2028' }).add(1);
  sink.flush();
  expect(texts).toEqual(['pty.io{direction="\\u001b[2J\\u009b2J\\n\\"\\u2028"} 1 By (+1)\n']);
});

it('prints again what a writer that throws did not take', () => {
  const texts: string[] = [];
  let broken = true;
  const sink = new ConsoleSink({
    write: (text) => {
      if (broken) throw new Error('broken');
      texts.push(text);
    },
  });
  sink.gauge(LOAD).handle({}).set(1);
  expect(() => sink.flush()).not.toThrow();
  broken = false;
  sink.flush();
  expect(texts).toEqual(['load 1 (+1)\n']);
  expect(sink.snapshot()).toEqual({ flushes: 2, writeFailures: 1 });
});
