import { fanOut, MemorySink, NoopSink, ThresholdAlertSink } from '../src/index.ts';
import { describeSink, METRICS, numbersOf } from './contract.ts';

const rules = METRICS.map(({ name, kind }) => ({
  name,
  metric: name,
  reduce: kind === 'histogram' ? ('p99' as const) : ('value' as const),
  levels: { info: 0 },
}));

describeSink('the alert sink over a memory', (options) => {
  const memory = new MemorySink(options);
  const sink = new ThresholdAlertSink({ sink: memory, rules });
  return { sink, read: async () => numbersOf(memory.snapshot()) };
});

describeSink('the alert sink over a sink it cannot read', (options) => {
  const memory = new MemorySink(options);
  const sink = new ThresholdAlertSink({ ...options, sink: fanOut([new NoopSink(), memory]), rules });
  return { sink, read: async () => numbersOf(memory.snapshot()) };
});
