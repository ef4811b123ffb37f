import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { type OpenMetricsContentType, Registry } from 'prom-client';
import { ConsoleSink, fanOut, MemorySink, NoopSink } from '../src/index.ts';
import { OpenTelemetrySink } from '../src/opentelemetry.ts';
import { PrometheusSink } from '../src/prometheus.ts';
import { numbersOf, type OpenSink } from './contract.ts';
import { ReaderOnDemand, readOpenTelemetry } from './read-opentelemetry.ts';
import { readPrometheus } from './read-prometheus.ts';

type Open = (options: { maxLabelSets?: number }) => OpenSink;

/** Every sink of this package by its name, with the way back that its numbers take. */
export const SINKS: Readonly<Record<string, Open>> = {
  'the memory sink': (options) => {
    const sink = new MemorySink(options);
    return { sink, memory: sink, read: async () => numbersOf(sink.snapshot()) };
  },
  'the no-op sink': () => ({ sink: new NoopSink() }),
  'the console sink': (options) => {
    const sink = new ConsoleSink({ ...options, write: () => {} });
    return { sink, memory: sink.memory };
  },
  'the Prometheus sink': (options) => {
    const sink = new PrometheusSink(options);
    return { sink, memory: sink.memory, read: async (metrics) => readPrometheus(await sink.expose(), metrics) };
  },
  'the Prometheus sink in the format of OpenMetrics': (options) => {
    const registry = new Registry<OpenMetricsContentType>();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    const sink = new PrometheusSink({ ...options, registry });
    return { sink, memory: sink.memory, read: async (metrics) => readPrometheus(await sink.expose(), metrics) };
  },
  'a memory that Prometheus reads': (options) => {
    const sink = new MemorySink(options);
    const prometheus = new PrometheusSink({ memory: sink });
    return {
      sink,
      memory: prometheus.memory,
      read: async (metrics) => readPrometheus(await prometheus.expose(), metrics),
    };
  },
  'the OpenTelemetry sink': (options) => {
    const reader = new ReaderOnDemand();
    const provider = new MeterProvider({ readers: [reader] });
    const sink = new OpenTelemetrySink({ ...options, meter: provider.getMeter('contract') });
    const read = async () => {
      const { resourceMetrics, errors } = await reader.collect();
      if (errors.length > 0) throw new AggregateError(errors);
      return readOpenTelemetry(resourceMetrics);
    };
    return {
      sink,
      memory: sink.memory,
      read,
      close: async () => {
        sink.close();
        await provider.shutdown();
      },
    };
  },
  'a fan-out, read at its second sink': (options) => {
    const second = new MemorySink(options);
    return { sink: fanOut([new NoopSink(), second]), read: async () => numbersOf(second.snapshot()) };
  },
};
