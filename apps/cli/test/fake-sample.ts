import type { PtySessionInfo } from '@sessiond/protocol';
import type { Sample } from '../src/top/sample.ts';

type Metric = Sample['metrics']['metrics'][number];

/** What a test says of a sample; everything else is a daemon at rest. */
export interface FakeSample {
  readonly uptimeMs?: number;
  readonly checks?: Sample['health']['checks'];
  readonly status?: Sample['health']['status'];
  readonly metrics?: readonly Metric[];
  readonly admission?: Sample['metrics']['admission'];
  readonly sessions?: readonly Partial<PtySessionInfo>[];
}

/** When every fake sample was taken, on the wall clock. */
export const CAPTURED_AT = '2026-01-31T12:00:00.000Z';

/** A sample as a daemon would give it. */
export function fakeSample({ uptimeMs = 60_000, checks = [], status = 'ok', ...given }: FakeSample = {}): Sample {
  return {
    health: {
      status,
      serverVersion: '1.2.3',
      protocolVersion: '1.0.0',
      uptimeMs,
      sessions: { pty: 0, agent: 0 },
      connections: 2,
      checks,
    },
    metrics: {
      capturedAt: CAPTURED_AT,
      uptimeMs,
      metrics: given.metrics ?? [],
      limits: {},
      ...(given.admission !== undefined && { admission: given.admission }),
    },
    sessions: (given.sessions ?? []).map((session, at) => ({
      sessionId: `s${at}`,
      kind: 'pty',
      owner: 'owner',
      createdAt: CAPTURED_AT,
      state: 'active',
      version: 1,
      command: 'sh',
      args: [],
      cwd: '/',
      cols: 80,
      rows: 24,
      laneId: 'default',
      terminalId: `s${at}`,
      streamId: `stream-${session.sessionId ?? at}`,
      start: 0,
      end: 0,
      attached: 0,
      retention: { afterExitMs: 1 },
      stats: { totalWritten: session.end ?? 0, totalDropped: 0, currentUtilization: 0, overflowEvents: 0 },
      overflow: 'drop-oldest',
      bufferBytes: 1_000,
      ...session,
    })),
  };
}

/** A counter or gauge without labels, or with some. */
export function metric(
  name: string,
  value: number,
  labels: Readonly<Record<string, string>> = {},
  count?: number,
): Metric {
  return {
    name,
    kind: count === undefined ? 'counter' : 'histogram',
    labels,
    value,
    ...(count !== undefined && { count }),
  };
}
