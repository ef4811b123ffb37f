import {
  callbackAlertHandler,
  type HistogramDescriptor,
  MemorySink,
  ThresholdAlertSink,
} from '@sessiond/metrics-sinks';

const queueWait: HistogramDescriptor = {
  name: 'shop.queue.wait',
  kind: 'histogram',
  unit: 's',
  help: 'How long orders waited.',
  buckets: [0.1, 0.5, 1, 5, 30],
};

const metrics = new ThresholdAlertSink({
  sink: new MemorySink(),
  rules: [
    {
      name: 'orders-wait',
      summary: 'Customers wait for their orders.',
      metric: 'shop.queue.wait',
      reduce: 'p95',
      levels: { warn: 1, critical: 5 },
      clearBelow: 0.5,
      forMs: 20_000, // two more looks must see it, ten seconds apart
      keepMs: 20_000,
    },
  ],
  handlers: [
    callbackAlertHandler(({ at, kind, level, value }) => {
      console.log(`${at / 1_000} s: ${kind}, ${level ?? 'all is well'}, p95 is ${value?.toFixed(1)} s`);
    }),
  ],
  now: () => 0,
});

const wait = metrics.histogram(queueWait).handle({});
const waits = [0.2, 3, 0.2, 3, 3, 3, 20, 20, 20, 0.8, 0.2, 0.8, 0.2, 0.2, 0.2];
for (const [look, seconds] of waits.entries()) {
  for (let order = 0; order < 100; order++) wait.record(seconds);
  metrics.tick(look * 10_000); // a daemon would say metrics.start(10_000)
}
metrics.close();
