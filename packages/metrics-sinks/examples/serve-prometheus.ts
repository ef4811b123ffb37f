import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PrometheusSink } from '@sessiond/metrics-sinks/prometheus';

const metrics = new PrometheusSink();
const wait = metrics.histogram({
  kind: 'histogram',
  name: 'app.queue.wait',
  unit: 's',
  help: 'How long work waited.',
  buckets: [0.01, 0.1, 1],
});
wait.handle({}).record(0.05);

// What only somebody who looks can know: read when the numbers are asked for.
const memory = metrics.gauge({ kind: 'gauge', name: 'app.memory', unit: 'By', help: 'Memory in use.' }).handle({});
metrics.onCollect(() => memory.set(process.memoryUsage.rss()));

const server = createServer(async (_, response) => {
  const text = await metrics.expose();
  response.setHeader('content-type', metrics.contentType).end(text);
});
await once(server.listen(0, '127.0.0.1'), 'listening');

// As Prometheus would:
const { port } = server.address() as AddressInfo;
const scraped = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { connection: 'close' } });
const lines = (await scraped.text()).split('\n');
console.log(lines[1]); // # TYPE app_queue_wait_seconds histogram
console.log(lines[3]); // app_queue_wait_seconds_bucket{le="0.1"} 1
console.log(lines.some((line) => /^app_memory_bytes \d+$/.test(line))); // true
server.close();
