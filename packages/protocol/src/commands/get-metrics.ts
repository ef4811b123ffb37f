import * as z from 'zod';
import { type AdmissionStatus, admissionStatus } from '../admission-status.ts';
import { type CommandContract, type CommandEnvelope, contract, serverCommand } from '../contract.ts';
import { list, object, offset, oneOf, timestamp } from '../fields.ts';

/** Asks for the numbers of the server. */
export interface GetMetricsCommand extends CommandEnvelope {
  readonly type: 'get_metrics';
}

/** One number with its name and labels; a histogram is its count and sum. */
export interface MetricSample {
  /** Dotted, for example `sessiond.pty.io`. */
  readonly name: string;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** UCUM, for example `By` or `s`. */
  readonly unit?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The value; of a histogram the sum of its observations. */
  readonly value: number;
  /** Observations of a histogram. */
  readonly count?: number;
}

/** A snapshot of all numbers and of the limits they run against. */
export interface GetMetricsData {
  readonly capturedAt: string;
  readonly uptimeMs: number;
  readonly metrics: readonly MetricSample[];
  /** Every configured limit, by the name it has in the configuration; `null` is off. */
  readonly limits: Readonly<Record<string, number | null>>;
  /** What stands before commands, and how far it is used; servers from before it existed leave it out. */
  readonly admission?: AdmissionStatus;
}

const metricSample = object<MetricSample>(
  {
    name: z.string(),
    kind: oneOf(['counter', 'gauge', 'histogram']),
    labels: z.record(z.string(), z.string()),
    value: z.number(),
  },
  { unit: z.string(), count: offset },
);

/** Contract of `get_metrics`. */
export const getMetrics: CommandContract<GetMetricsCommand, GetMetricsData> = contract({
  type: 'get_metrics',
  summary: 'Answers with every metric and every limit of the server; drawing on no budget itself.',
  appliesTo: 'server',
  scope: 'server:read',
  limited: false,
  example: { type: 'get_metrics', id: 'c-4' },
  exampleData: {
    capturedAt: '2026-01-31T12:00:00.000Z',
    uptimeMs: 86_400_000,
    metrics: [
      { name: 'sessiond.pty.io', kind: 'counter', unit: 'By', labels: { direction: 'read' }, value: 1_048_576 },
    ],
    limits: { maxPtys: 300, maxMessageBytes: 10_485_760 },
    admission: {
      limiters: [{ name: 'control', limitPerMinute: 1000, keys: 1, generation: 23_040 }],
      bulkheads: [{ name: 'commands', limit: 10_000, usage: 3, waiting: 0 }],
      breakers: [{ name: 'spawn', state: 'closed', keys: 1, openKeys: 0, retryAfterMs: null }],
    },
  },
  schema: () => serverCommand<GetMetricsCommand>('get_metrics'),
  dataSchema: () =>
    object<GetMetricsData>(
      {
        capturedAt: timestamp,
        uptimeMs: z.number(),
        metrics: list(metricSample, 100_000),
        limits: z.record(z.string(), z.number().nullable()),
      },
      { admission: admissionStatus },
    ),
});
