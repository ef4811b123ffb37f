import type { ResponseDataOf, SessionInfo } from '@sessiond/protocol';
import type { HostCounts } from './sessions/session-host.ts';

type MetricSample = ResponseDataOf<'get_metrics'>['metrics'][number];

/** What the metrics are made of. */
export interface MetricSources {
  readonly sessions: readonly SessionInfo[];
  readonly counts: HostCounts;
  readonly connections: number;
  readonly rssBytes: number;
}

/** The numbers of the server that follow from its sessions and connections, each bound beside its use. */
export function serverMetrics({ sessions, counts, connections, rssBytes }: MetricSources): MetricSample[] {
  const sum = (value: (session: SessionInfo) => number): number =>
    sessions.reduce((total, session) => total + value(session), 0);
  const bytes = { kind: 'gauge', unit: 'By', labels: {} } as const;
  const count = { kind: 'gauge', labels: {} } as const;
  return [
    { ...count, name: 'sessiond.session.count', labels: { kind: 'pty' }, value: sessions.length },
    { ...count, name: 'sessiond.connection.count', value: connections },
    { ...bytes, kind: 'counter', name: 'sessiond.pty.io', labels: { direction: 'read' }, value: counts.readBytes },
    { ...bytes, kind: 'counter', name: 'sessiond.pty.dropped', value: counts.droppedBytes },
    { ...count, name: 'sessiond.pty.backpressure', labels: { state: 'on' }, value: counts.underPressure },
    { ...count, name: 'sessiond.pty.tombstones', value: counts.tombstones },
    { ...count, kind: 'counter', name: 'sessiond.pty.listener.failures', value: counts.listenerFailures },
    { ...bytes, name: 'sessiond.ring.usage', value: sum(({ start, end }) => end - start) },
    { ...bytes, name: 'sessiond.ring.limit', value: sum(({ bufferBytes }) => bufferBytes) },
    { ...bytes, name: 'process.memory.usage', value: rssBytes },
  ];
}
