import type { Counter, MetricSink } from '@sessiond/metrics-sinks';
import type { Traffic, TrafficBytes, TrafficKind } from '../connections/traffic.ts';
import * as catalogue from './catalogue.ts';
import { levelOf } from './level.ts';

/** What connections there are, and what waits in them. */
export interface ConnectionReading {
  readonly websocket: number;
  readonly unix: number;
  readonly stdio: number;
  /** Bytes that the kernel has not taken, of all and of the connection where it is most. */
  readonly bufferedBytes: number;
  readonly maxBufferedBytes: number;
  /** Bytes that clients with a window have not acknowledged, and what their windows allow. */
  readonly unacknowledgedBytes: number;
  readonly windowBytes: number;
}

/** The kinds of each direction: nothing else is ever sent that way. */
const SENT: readonly TrafficKind[] = ['message', 'output', 'ack', 'gap', 'end', 'raw'];
const RECEIVED: readonly TrafficKind[] = ['message', 'input', 'ack', 'raw'];

/** Records readings of all connections, raw terminals apart. */
export function connectionRecorder(sink: MetricSink): (reading: ConnectionReading) => void {
  const count = sink.upDownCounter(catalogue.connectionCount);
  const websocket = levelOf(count.handle({ kind: 'websocket' }));
  const unix = levelOf(count.handle({ kind: 'unix' }));
  const stdio = levelOf(count.handle({ kind: 'stdio' }));
  const buffered = levelOf(sink.upDownCounter(catalogue.connectionBuffered).handle({}));
  const bufferedMax = sink.gauge(catalogue.connectionBufferedMax).handle({});
  const windowUsage = levelOf(sink.upDownCounter(catalogue.connectionWindowUsage).handle({}));
  const windowLimit = levelOf(sink.upDownCounter(catalogue.connectionWindowLimit).handle({}));
  return (reading) => {
    websocket.set(reading.websocket);
    unix.set(reading.unix);
    stdio.set(reading.stdio);
    buffered.set(reading.bufferedBytes);
    bufferedMax.set(reading.maxBufferedBytes);
    windowUsage.set(reading.unacknowledgedBytes);
    windowLimit.set(reading.windowBytes);
  };
}

/** Records the number of raw terminals. */
export function rawTerminalRecorder(sink: MetricSink): (terminals: number) => void {
  const raw = levelOf(sink.upDownCounter(catalogue.connectionCount).handle({ kind: 'raw' }));
  return (terminals) => raw.set(terminals);
}

/** Records what connections have carried. */
export function trafficRecorder(sink: MetricSink): (traffic: Traffic) => void {
  const io = sink.counter(catalogue.frameIo);
  const seriesOf = (direction: string, kinds: readonly TrafficKind[]): [TrafficKind, Counter][] =>
    kinds.map((kind) => [kind, io.handle({ direction, kind })]);
  const [sent, received] = [seriesOf('sent', SENT), seriesOf('received', RECEIVED)];
  const gaps = sink.counter(catalogue.connectionGaps).handle({});
  const record = (series: readonly [TrafficKind, Counter][], bytes: TrafficBytes): void => {
    for (const [kind, counter] of series) counter.raiseTo(bytes[kind]);
  };
  return (traffic) => {
    record(sent, traffic.sent);
    record(received, traffic.received);
    gaps.raiseTo(traffic.gapBytes);
  };
}
