import type { CounterDescriptor, GaugeDescriptor, UpDownCounterDescriptor } from '@sessiond/metrics-sinks';
import { counter, gauge, level } from './row.ts';

export const connectionCount: UpDownCounterDescriptor<'kind'> = level('sessiond.connection.count', {
  unit: '{connection}',
  help: 'Open connections: websocket, unix or stdio for those that speak the protocol, raw for raw terminals.',
  labelNames: ['kind'],
});
export const connectionRefusals: CounterDescriptor<'reason'> = counter('sessiond.connection.refusals', {
  unit: '{connection}',
  help: 'Clients that may connect and were sent away: all places are taken (limit), all that one principal may have (share), or the daemon ends (draining).',
  labelNames: ['reason'],
});
export const connectionLost: CounterDescriptor = counter('sessiond.connection.lost', {
  unit: '{connection}',
  help: 'Connections that were ended because the client gave no sign of life after a ping.',
});
export const connectionGaps: CounterDescriptor = counter('sessiond.connection.gaps', {
  unit: 'By',
  help: 'Output that clients missed, because the buffer had moved past it; all but raw terminals were told.',
});
export const connectionBuffered: UpDownCounterDescriptor = level('sessiond.connection.buffered', {
  unit: 'By',
  help: 'Bytes that were sent and that the kernel has not taken yet, over all connections.',
});
export const connectionBufferedMax: GaugeDescriptor = gauge('sessiond.connection.buffered.max', {
  unit: 'By',
  help: 'The same for the connection where it is most.',
});
export const connectionWindowUsage: UpDownCounterDescriptor = level('sessiond.connection.window.usage', {
  unit: 'By',
  help: 'Output that was sent and not acknowledged, over all attachments with a window.',
});
export const connectionWindowLimit: UpDownCounterDescriptor = level('sessiond.connection.window.limit', {
  unit: 'By',
  help: 'What these windows allow.',
});
export const frameIo: CounterDescriptor<'direction' | 'kind'> = counter('sessiond.frame.io', {
  unit: 'By',
  help: 'Bytes of messages (message), frames (output, input, ack, gap, end) and raw terminals (raw) that clients sent and were sent, without what the transport adds.',
  labelNames: ['direction', 'kind'],
});
