import { type AttachRole, ProtocolError } from '@sessiond/protocol';
import type { Pty } from '@sessiond/pty-core';
import { asProtocolErrors } from './pty-errors.ts';
import type { AttachmentHandlers, OutputAttachment } from './session-host.ts';
import { wireState } from './wire-state.ts';

/** How a client is attached. */
export interface PtyAttachmentOptions {
  readonly streamId: string;
  /** Offset of the first byte wanted; the buffer may hold only later ones. */
  readonly from: number;
  readonly role: AttachRole;
  /** Bytes the client wants in flight at most; at most half of the buffer are granted. */
  readonly windowBytes: number;
  /** Input was taken. */
  readonly onWritten: (bytes: number) => void;
  readonly onClose: () => void;
}

/** Opens one client's hold on the output and input of a PTY. The owner closes it. */
export function openPtyAttachment(
  pty: Pty,
  { streamId, from, role, windowBytes, onWritten, onClose }: PtyAttachmentOptions,
  { onReadable, onInputDrained }: AttachmentHandlers,
): OutputAttachment {
  const { output, state, cols, rows, exit } = pty;
  const reader = output.openReader(from, onReadable);
  const stopDrained = pty.onInputDrained(onInputDrained);
  return {
    kind: 'output',
    info: {
      streamId,
      from: reader.offset,
      start: output.start,
      end: output.end,
      window: Math.min(windowBytes, Math.max(1, output.capacityBytes >> 1)),
      role,
      cols,
      rows,
      state: wireState(state),
      ...(exit !== null && { exit }),
    },
    replayEnd: output.end,
    get offset() {
      return reader.offset;
    },
    get acknowledged() {
      return reader.acknowledged;
    },
    get pending() {
      return reader.pending;
    },
    get pendingInputBytes() {
      return pty.pendingInputBytes;
    },
    next: (maxBytes) => reader.next(maxBytes),
    acknowledge: (offset) => reader.acknowledge(offset),
    write: (data) => {
      if (role === 'observer') {
        throw new ProtocolError('FORBIDDEN', 'Cannot send input: this attachment is an observer');
      }
      asProtocolErrors(() => pty.write(data));
      onWritten(data.length);
    },
    close: () => {
      reader.close();
      stopDrained();
      onClose();
    },
  };
}
