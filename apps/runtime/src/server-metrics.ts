import type { ResponseDataOf, SessionInfo } from '@sessiond/protocol';

type MetricSample = ResponseDataOf<'get_metrics'>['metrics'][number];

/** The numbers of the server that follow from its sessions and connections, each bound beside its use. */
export function serverMetrics(sessions: readonly SessionInfo[], connections: number, rssBytes: number): MetricSample[] {
  const sum = (value: (session: SessionInfo) => number): number =>
    sessions.reduce((total, session) => total + value(session), 0);
  const bytes = { kind: 'gauge', unit: 'By', labels: {} } as const;
  const count = { kind: 'gauge', labels: {} } as const;
  return [
    { ...count, name: 'sessiond.session.count', labels: { kind: 'pty' }, value: sessions.length },
    { ...count, name: 'sessiond.connection.count', value: connections },
    { ...bytes, name: 'sessiond.ring.usage', value: sum(({ start, end }) => end - start) },
    { ...bytes, name: 'sessiond.ring.limit', value: sum(({ bufferBytes }) => bufferBytes) },
    { ...bytes, name: 'process.memory.usage', value: rssBytes },
  ];
}
