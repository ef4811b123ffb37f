import { ProtocolError, type StreamPosition } from '@sessiond/protocol';

/** Where a stream of output begins and ends at the moment, and what it is called. */
export interface StreamBounds {
  readonly streamId: string;
  readonly start: number;
  readonly end: number;
}

/** @throws ProtocolError when offsets of another life of the output are meant. */
export function assertSameStream({ streamId }: StreamBounds, asked: string | undefined): void {
  if (asked === undefined || asked === streamId) return;
  throw new ProtocolError(
    'INVALID_STATE',
    'Cannot continue the stream: its offsets belong to another life of the session',
    {
      details: { field: 'streamId', streamId },
    },
  );
}

/** The offset a position means now. @throws ProtocolError for one that was never written. */
export function offsetOf(action: string, position: StreamPosition, { streamId, start, end }: StreamBounds): number {
  if (position === 'start') return start;
  if (position === 'now') return end;
  if (position <= end) return position;
  throw new ProtocolError('INVALID_STATE', `Cannot ${action} from offset ${position}: the output ends at ${end}`, {
    details: { field: 'from', start, end, streamId },
  });
}
