import { MemorySink } from '@sessiond/metrics-sinks';
import { PrometheusSink } from '@sessiond/metrics-sinks/prometheus';
import { Counter, Histogram, Registry } from 'prom-client';

// What recording and scraping cost beside prom-client alone.
const TIMES = Number(process.argv[2] ?? 1_000_000);
const SERIES = 10_000;
const BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

const labelNames = ['route', 'code'] as const;
const labelSets = Array.from({ length: SERIES }, (_, at) => ({ route: `/r${at % 500}`, code: `${at % 20}-${at}` }));

const memory = new MemorySink({ maxLabelSets: SERIES });
const sink = new PrometheusSink({ memory });
const ours = memory.counter({ kind: 'counter', name: 'app.sent', unit: 'By', help: 'Bytes.', labelNames });
const wait = memory.histogram({ kind: 'histogram', name: 'app.wait', unit: 's', help: 'Waits.', buckets: BUCKETS });

const registry = new Registry();
const theirs = new Counter({ name: 'app_sent_bytes_total', help: 'Bytes.', labelNames, registers: [registry] });
const registers = [new Registry()];
const theirWait = new Histogram({ name: 'app_wait_seconds', help: 'Waits.', buckets: BUCKETS, registers });

for (const labels of labelSets) {
  ours.handle(labels).add(1.5);
  theirs.inc(labels, 1.5);
}
const handle = ours.handle(labelSets[7]!);
const waits = wait.handle({});
const child = theirs.labels(labelSets[7]!);
const seconds = Float64Array.from({ length: 1024 }, (_, at) => ((at * 7919) % 1024) / 200);

/** Nanoseconds for each of `times` calls: the best of five rounds. */
function cost(act: (at: number) => void, times = TIMES): string {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const from = performance.now();
    for (let at = 0; at < times; at++) act(at);
    best = Math.min(best, ((performance.now() - from) * 1e6) / times);
  }
  return best < 10_000 ? `${best.toFixed(1)} ns` : `${(best / 1e6).toFixed(2)} ms`;
}

/** The same for something that takes its time. */
async function costOf(act: () => Promise<unknown>): Promise<string> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < Math.max(1, TIMES / 50_000); round++) {
    const from = performance.now();
    await act();
    best = Math.min(best, performance.now() - from);
  }
  return `${best.toFixed(2)} ms`;
}

console.log(
  'counter, add:',
  cost((at) => handle.add(at & 7)),
  '/ prom-client:',
  cost(() => child.inc(1)),
);
console.log(
  'histogram, record:',
  cost((at) => waits.record(seconds[at & 1023]!)),
  '/ prom-client:',
  cost((at) => theirWait.observe(seconds[at & 1023]!)),
);
console.log(
  'look up a handle:',
  cost((at) => ours.handle(labelSets[at & 1023]!)),
);
console.log(
  'snapshot of 10,000 series:',
  cost(() => memory.snapshot(), 10),
);
console.log(
  'scrape of 10,000 series:',
  await costOf(() => sink.expose()),
  '/ prom-client:',
  await costOf(() => registry.metrics()),
);
