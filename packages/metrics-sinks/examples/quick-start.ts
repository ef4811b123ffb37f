import { MemorySink } from '@sessiond/metrics-sinks';

const metrics = new MemorySink();
const moved = metrics.counter({
  kind: 'counter',
  name: 'app.moved', // Prometheus will call it app_moved_bytes_total
  unit: 'By',
  help: 'Bytes moved.',
  labelNames: ['direction'],
});

const out = moved.handle({ direction: 'out' }); // look it up once, keep it
out.add(1_024);
out.add(512); // costs a field update
out.add(-1); // a counter only grows: left out and counted

console.log(out.value); // 1536
console.log(metrics.snapshot()[0]?.series); // [ { labels: { direction: 'out' }, value: 1536 } ]
console.log(metrics.troubles()); // { invalid: 1, overflowed: 0, collectorFailures: 0 }
