import { hostname } from 'node:os';
import { createNoopMeter, metrics as otel } from '@opentelemetry/api';
import { logAlertHandler, MemorySink, ThresholdAlertSink } from '@sessiond/metrics-sinks';
import { OpenTelemetrySink } from '@sessiond/metrics-sinks/opentelemetry';
import type { Config } from './config/config.ts';
import { configuredLimits } from './config/configured-limits.ts';
import type { Log } from './logger.ts';
import { alertHealth } from './telemetry/alert-metrics.ts';
import { alertWebhook, logFailedDeliveries } from './telemetry/alert-webhook.ts';
import { defaultAlerts } from './telemetry/default-alerts.ts';
import { Exposition } from './telemetry/exposition.ts';
import type { Instruments } from './telemetry/instruments.ts';
import { metricSamples } from './telemetry/metric-samples.ts';
import { Telemetry } from './telemetry/telemetry.ts';

/** Room for every type of command with every error code. */
const MAX_LABEL_SETS = 1_000;

/** What the instruments of a daemon are made for. */
export interface InstrumentsOptions {
  readonly config: Config;
  readonly log: Log;
  readonly version: string;
}

/**
 * Builds what measures a daemon. All numbers lie in one memory, which `get_metrics`, Prometheus, the alerts and, where the program that hosts
 * the daemon has set one up, the SDK of OpenTelemetry read.
 */
export function createInstruments({ config, log, version }: InstrumentsOptions): Instruments {
  const { logger } = log;
  const memory = new MemorySink({ maxLabelSets: MAX_LABEL_SETS });
  const meter = otel.getMeter('sessiond', version);
  const exporter = meter === createNoopMeter() ? null : new OpenTelemetrySink({ meter, memory });
  const source = { host: hostname(), pid: process.pid, version };
  const webhook = config.alertWebhook === null ? null : alertWebhook(config.alertWebhook, source);
  const alerts = new ThresholdAlertSink({
    sink: exporter ?? memory,
    memory,
    rules: defaultAlerts(config),
    handlers: [logAlertHandler(logger.child({ event: 'alert' })), ...(webhook === null ? [] : [webhook])],
  });
  const telemetry = new Telemetry({ sink: alerts, limits: configuredLimits(config) });
  telemetry.watchLog(() => log.droppedLines());
  telemetry.watchTroubles(() => memory.troubles());
  telemetry.watchAlerts(() => alerts.snapshot().alerts, webhook && (() => webhook.snapshot()));
  if (webhook !== null) memory.onCollect(logFailedDeliveries(() => webhook.snapshot(), logger));
  alerts.start(config.alertIntervalMs);
  const exposition = new Exposition(memory);
  return {
    telemetry,
    samples: () => metricSamples(memory.snapshot()),
    expose: () => exposition.expose(),
    health: () => alertHealth(alerts.snapshot().alerts),
    close: async () => {
      alerts.close();
      telemetry.close();
      exporter?.close();
      await webhook?.close();
    },
  };
}
