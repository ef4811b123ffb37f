import { MemorySink } from '@sessiond/metrics-sinks';

// Somebody labels by what came in. Memory stays bounded, the sum stays right, and it can be seen.
const metrics = new MemorySink({ maxLabelSets: 3 });
const refused = metrics.counter({
  kind: 'counter',
  name: 'app.refused',
  unit: '{request}',
  help: 'Requests that were refused.',
  labelNames: ['path'],
});
for (let request = 1; request <= 1_000; request++) refused.handle({ path: `/${request}` }).add();

const [metric] = metrics.snapshot();
console.log(metric?.series.length); // 4
console.log(metric?.series.at(-1)); // { labels: { overflow: 'true' }, value: 997 }
console.log(metric?.overflowed); // 997
