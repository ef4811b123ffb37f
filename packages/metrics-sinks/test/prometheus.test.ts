import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import parse from 'parse-prometheus-text-format';
import { Gauge, type OpenMetricsContentType, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { MemorySink, ThresholdAlertSink } from '../src/index.ts';
import { PrometheusSink } from '../src/prometheus.ts';
import { CALLS, INFLIGHT, METRICS, USE, WAIT } from './contract.ts';
import { readPrometheus } from './read-prometheus.ts';
import { serve } from './scrape.ts';

const PROMTOOL = '/usr/bin/promtool';
const ODD_HELP = 'A back\\slash, a "quote"\nand a second line.';

function recordSome(sink: PrometheusSink | MemorySink): void {
  sink
    .counter({ ...CALLS, help: ODD_HELP })
    .handle({ code: 'a"b\\c\nd', verb: '' })
    .add(1.5);
  sink.upDownCounter(INFLIGHT).handle({}).add(-2);
  sink.gauge(USE).handle({ part: 'ring' }).set(1e21);
  const wait = sink.histogram(WAIT);
  wait.handle({ queue: 'a' }).record(0.0625);
  wait.handle({ queue: 'a' }).record(8);
  wait.handle({ queue: 'b' }).record(0.5);
}

const TEXT = `# HELP contract_calls_total A back\\\\slash, a "quote"\\nand a second line.
# TYPE contract_calls_total counter
contract_calls_total{code="a\\"b\\\\c\\nd",verb=""} 1.5

# HELP contract_inflight Calls that run.
# TYPE contract_inflight gauge
contract_inflight -2

# HELP contract_use_bytes Memory in use.
# TYPE contract_use_bytes gauge
contract_use_bytes{part="ring"} 1e+21

# HELP contract_wait_seconds How long calls waited.
# TYPE contract_wait_seconds histogram
contract_wait_seconds_bucket{le="0.01",queue="a"} 0
contract_wait_seconds_bucket{le="0.1",queue="a"} 1
contract_wait_seconds_bucket{le="1",queue="a"} 1
contract_wait_seconds_bucket{le="+Inf",queue="a"} 2
contract_wait_seconds_sum{queue="a"} 8.0625
contract_wait_seconds_count{queue="a"} 2
contract_wait_seconds_bucket{le="0.01",queue="b"} 0
contract_wait_seconds_bucket{le="0.1",queue="b"} 0
contract_wait_seconds_bucket{le="1",queue="b"} 1
contract_wait_seconds_bucket{le="+Inf",queue="b"} 1
contract_wait_seconds_sum{queue="b"} 0.5
contract_wait_seconds_count{queue="b"} 1
`;

it('[M03] is scraped over HTTP, and read by a parser that is not ours', async () => {
  const sink = new PrometheusSink();
  recordSome(sink);
  await using target = await serve(sink);
  const { text, contentType } = await target.scrape();
  expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(text).toBe(TEXT);
  expect(readPrometheus(text, METRICS)).toEqual({
    'contract.calls{code="a\\"b\\\\c\\nd",verb=""}': 1.5,
    'contract.inflight{}': -2,
    'contract.use{part="ring"}': 1e21,
    'contract.wait{queue="a"}': { counts: [0, 1, 0, 1], sum: 8.0625 },
    'contract.wait{queue="b"}': { counts: [0, 0, 1, 0], sum: 0.5 },
  });
});

it('[M03] has types and help that the parser agrees with', async () => {
  const sink = new PrometheusSink();
  recordSome(sink);
  const families = parse(await sink.expose());
  expect(families.map(({ name, type, help }) => [name, type, help])).toEqual([
    ['contract_calls_total', 'COUNTER', ODD_HELP],
    ['contract_inflight', 'GAUGE', INFLIGHT.help],
    ['contract_use_bytes', 'GAUGE', USE.help],
    ['contract_wait_seconds', 'HISTOGRAM', WAIT.help],
  ]);
});

it('[M03] has histograms that the parser puts together from their buckets', async () => {
  const sink = new PrometheusSink();
  const wait = sink.histogram({ ...WAIT, labelNames: [] }).handle({});
  for (const value of [0.05, 0.5, 0.75, 4]) wait.record(value);
  expect(parse(await sink.expose())[0]?.metrics).toEqual([
    { buckets: { '0.01': '0', '0.1': '1', '1': '3', '+Inf': '4' }, count: '4', sum: '5.3' },
  ]);
});

it('[M03] passes the checks of promtool', async (context) => {
  if (!existsSync(PROMTOOL)) context.skip(`needs ${PROMTOOL}, of the package prometheus`);
  const sink = new PrometheusSink();
  recordSome(sink);
  const { status, stdout, stderr } = spawnSync(PROMTOOL, ['check', 'metrics'], {
    input: await sink.expose(),
    encoding: 'utf8',
  });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
  const broken = spawnSync(PROMTOOL, ['check', 'metrics'], {
    input: `${TEXT}contract_inflight{ 3\n`,
    encoding: 'utf8',
  });
  expect(broken.status).not.toBe(0);
});

it('writes OpenMetrics through a registry that is set to it, and the other format when it is set back', async () => {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  const sink = new PrometheusSink({ registry });
  sink.counter(CALLS).handle({ code: '1', verb: 'get' }).add(2);
  const openMetrics =
    '# HELP contract_calls Calls.\n# TYPE contract_calls counter\ncontract_calls_total{code="1",verb="get"} 2\n# EOF\n';
  expect(sink.contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
  expect(await sink.expose()).toBe(openMetrics);
  expect(await sink.expose()).toBe(openMetrics);
  (registry as unknown as Registry).setContentType(Registry.PROMETHEUS_CONTENT_TYPE);
  expect(await sink.expose()).toContain('# TYPE contract_calls_total counter\ncontract_calls_total{');
});

it('writes nothing where there is nothing, in either format', async () => {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  expect(await new PrometheusSink({ registry }).expose()).toBe('# EOF\n');
  expect(await new PrometheusSink().expose()).toBe('');
});

it('exposes all that is in a memory it shares, whoever recorded it', async () => {
  const memory = new MemorySink();
  const sink = new PrometheusSink({ memory });
  recordSome(memory);
  expect(await sink.expose()).toBe(TEXT);
  expect(sink.counter({ ...CALLS, help: ODD_HELP }).handle({ code: 'x', verb: '' })).toBe(
    memory.counter(CALLS).handle({ code: 'x', verb: '' }),
  );
  expect(sink.snapshot()).toEqual({ metrics: 4, conflicts: [] });
});

it('lends its memory to alerts, which record nothing a second time', async () => {
  const sink = new PrometheusSink();
  const rules = [{ name: 'much', metric: USE.name, levels: { warn: 10 } }];
  const alerts = new ThresholdAlertSink({ sink, memory: sink.memory, rules });
  const use = alerts.gauge(USE).handle({ part: 'ring' });
  expect(use).toBe(sink.memory.gauge(USE).handle({ part: 'ring' }));
  use.set(11);
  alerts.tick();
  expect(alerts.snapshot().alerts).toMatchObject([{ phase: 'firing', value: 11 }]);
});

it('lives beside the metrics of others in a registry that they may read themselves', async () => {
  const registry = new Registry();
  new Gauge({ name: 'of_others', help: 'Of others.', registers: [registry] }).set(1);
  registry.setDefaultLabels({ host: 'here', part: 'default' });
  const sink = new PrometheusSink({ registry });
  const use = sink.gauge(USE).handle({ part: 'ring' });
  let rounds = 0;
  sink.onCollect(() => use.set(++rounds));
  sink.upDownCounter(INFLIGHT).handle({}).add(1);
  const text = await registry.metrics();
  expect(text).toContain('of_others{host="here",part="default"} 1\n');
  expect(text).toContain('contract_use_bytes{host="here",part="ring"} 1\n');
  expect(text).toContain('contract_inflight{host="here",part="default"} 1\n');
  expect(rounds).toBe(1);
  registry.resetMetrics();
  expect(await registry.getSingleMetricAsString('contract_use_bytes')).toContain('part="ring"} 2');
});

it('gives prom-client complete values as JSON too', async () => {
  const registry = new Registry();
  const sink = new PrometheusSink({ registry });
  sink
    .histogram({ ...WAIT, buckets: [1] })
    .handle({ queue: 'a' })
    .record(0.5);
  expect(await registry.getMetricsAsJSON()).toEqual([
    {
      name: 'contract_wait_seconds',
      help: WAIT.help,
      type: 'histogram',
      aggregator: 'sum',
      values: [
        { metricName: 'contract_wait_seconds_bucket', labels: { le: '1', queue: 'a' }, value: 1 },
        { metricName: 'contract_wait_seconds_bucket', labels: { le: '+Inf', queue: 'a' }, value: 1 },
        { metricName: 'contract_wait_seconds_sum', labels: { queue: 'a' }, value: 0.5 },
        { metricName: 'contract_wait_seconds_count', labels: { queue: 'a' }, value: 1 },
      ],
    },
  ]);
});

it('refuses a metric whose name the registry has from others, and leaves one out that comes with a memory', async () => {
  const registry = new Registry();
  new Gauge({ name: 'contract_use_bytes', help: 'Of others.', registers: [registry] }).set(1);
  const memory = new MemorySink();
  const sink = new PrometheusSink({ memory, registry });
  expect(() => sink.gauge(USE)).toThrow(expect.objectContaining({ code: 'METRIC_CONFLICT', metric: 'contract.use' }));
  memory.gauge(USE).handle({ part: 'ring' }).set(5);
  memory.upDownCounter(INFLIGHT).handle({}).add(1);
  await sink.expose();
  const text = await sink.expose();
  expect(text).toContain('contract_use_bytes 1\n');
  expect(text).toContain('contract_inflight 1\n');
  expect(sink.snapshot()).toEqual({ metrics: 1, conflicts: ['contract.use'] });
});

it('spells labels with dots as Prometheus can', async () => {
  const sink = new PrometheusSink();
  const calls = sink.counter({ ...CALLS, labelNames: ['exit.code'] });
  calls.handle({ 'exit.code': '1' }).add(1);
  calls.handle({ 'exit.code': '2' }).add(2);
  for (let scrape = 0; scrape < 2; scrape++) {
    expect(await sink.expose()).toContain(
      'contract_calls_total{exit_code="1"} 1\ncontract_calls_total{exit_code="2"} 2\n',
    );
  }
});

it('answers two scrapes at once', async () => {
  const sink = new PrometheusSink();
  recordSome(sink);
  expect(await Promise.all([sink.expose(), sink.expose()])).toEqual([TEXT, TEXT]);
});
