import { existsSync } from 'node:fs';
import { type OpenMetricsContentType, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { PrometheusSink } from '../src/prometheus.ts';
import { CALLS, INFLIGHT, METRICS, seriesKey, USE, WAIT } from './contract.ts';
import { PROMETHEUS, startPrometheus } from './prometheus-server.ts';
import { serve } from './scrape.ts';

const ODD = 'a "quoted" \\ back\\nslash\nand ä€𝄞';

function recordSome(sink: PrometheusSink): void {
  sink
    .counter({ ...CALLS, help: ODD })
    .handle({ code: ODD, verb: '' })
    .add(1.5);
  sink.upDownCounter(INFLIGHT).handle({}).add(-2);
  sink.gauge(USE).handle({ part: 'ring' }).set(1e21);
  const wait = sink.histogram(WAIT);
  for (const value of [0.0625, 0.5, 0.5, 8]) wait.handle({ queue: 'a' }).record(value);
  wait.handle({ queue: 'b' }).record(0.005);
}

interface Answer {
  readonly result: readonly { readonly metric: Readonly<Record<string, string>>; readonly value: [number, string] }[];
}

/** Samples of a job by name and labels, as the server has stored them. */
function stored(data: unknown): Record<string, number> {
  const series = (data as Answer | undefined)?.result ?? [];
  return Object.fromEntries(
    series.map(({ metric: { __name__ = '', job: _, instance: __, ...labels }, value }) => {
      // Version 3 writes the bound 1 as 1.0.
      const { le, ...rest } = labels;
      const spelled = le === undefined ? labels : { ...rest, le: le === '+Inf' ? le : String(Number(le)) };
      return [seriesKey(__name__, spelled), Number(value[1])];
    }),
  );
}

const STORED = {
  // Prometheus keeps no label whose value is empty.
  [seriesKey('contract_calls_total', { code: ODD })]: 1.5,
  'contract_inflight{}': -2,
  'contract_use_bytes{part="ring"}': 1e21,
  'contract_wait_seconds_bucket{le="0.01",queue="a"}': 0,
  'contract_wait_seconds_bucket{le="0.1",queue="a"}': 1,
  'contract_wait_seconds_bucket{le="1",queue="a"}': 3,
  'contract_wait_seconds_bucket{le="+Inf",queue="a"}': 4,
  'contract_wait_seconds_count{queue="a"}': 4,
  'contract_wait_seconds_sum{queue="a"}': 9.0625,
  'contract_wait_seconds_bucket{le="0.01",queue="b"}': 1,
  'contract_wait_seconds_bucket{le="0.1",queue="b"}': 1,
  'contract_wait_seconds_bucket{le="1",queue="b"}': 1,
  'contract_wait_seconds_bucket{le="+Inf",queue="b"}': 1,
  'contract_wait_seconds_count{queue="b"}': 1,
  'contract_wait_seconds_sum{queue="b"}': 0.005,
};

it('[M03] a real Prometheus stores the numbers that were recorded, in both formats', async (context) => {
  if (!existsSync(PROMETHEUS)) context.skip(`needs ${PROMETHEUS}, of the package prometheus`);
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  const sinks = { text: new PrometheusSink(), open: new PrometheusSink({ registry }) };
  recordSome(sinks.text);
  recordSome(sinks.open);
  await using text = await serve(sinks.text);
  await using open = await serve(sinks.open);
  await using server = await startPrometheus({ text: text.address, open: open.address });

  for (const job of ['text', 'open']) {
    const query = encodeURIComponent(`{job="${job}",__name__=~"contract_.*"}`);
    const data = await server.ask(`query?query=${query}`, (answer) => Object.keys(stored(answer)).length > 0);
    expect(stored(data)).toEqual(STORED);
  }

  const quantile = encodeURIComponent('histogram_quantile(0.5, contract_wait_seconds_bucket{job="text",queue="a"})');
  const half = await server.ask(`query?query=${quantile}`, (answer) => answer !== undefined);
  expect(stored(half)).toEqual({ '{queue="a"}': 0.55 });

  const metadata = await server.ask('metadata', (answer) => Object.keys(answer ?? {}).length >= METRICS.length);
  expect(metadata).toMatchObject({
    contract_calls_total: [{ type: 'counter', help: ODD }],
    contract_calls: [{ type: 'counter', help: ODD }],
    contract_inflight: [{ type: 'gauge', help: INFLIGHT.help }],
    contract_use_bytes: [{ type: 'gauge', help: USE.help }],
    contract_wait_seconds: [{ type: 'histogram', help: WAIT.help }],
  });

  sinks.text.upDownCounter(INFLIGHT).handle({}).add(7);
  const query = encodeURIComponent('contract_inflight{job="text"}');
  const isFive = (answer: unknown) => stored(answer)['contract_inflight{}'] === 5;
  expect(stored(await server.ask(`query?query=${query}`, isFive))).toEqual({ 'contract_inflight{}': 5 });
});
