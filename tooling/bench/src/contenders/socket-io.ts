import { RawWebSocket } from '../client/raw-web-socket.ts';
import { OutputCounter, type Terminal } from '../client/terminal.ts';
import type { Program } from '../programs.ts';

const TEXT = 1;
// Longer than any event but output, and longer than the head of an output event.
const CONTROL_BYTES = 128;

/** How a server uses Socket.IO. */
export interface SocketIoDialect {
  /** Such as `/gritty`; empty for the main namespace. */
  readonly namespace: string;
  /** The event that carries input. */
  readonly inputEvent: string;
  /** The event that tells that the child ended. */
  readonly endEvent: string;
  /** Acknowledge output with `commit` events of this many bytes; `null` for servers that expect none. */
  readonly commitBytes: number | null;
  /** Asks for the terminal once connected. */
  start(emit: (event: string, argument: unknown) => void): void;
}

/**
 * Opens a terminal over Socket.IO 4 in its WebSocket transport (Engine.IO 4), and waits for its first output.
 *
 * Speaks just enough of it: connect, events of one string, pings. Output events are counted by their length alone, if
 * the program says that its output needs no escapes.
 */
export async function openSocketIo(port: number, dialect: SocketIoDialect, program: Program): Promise<Terminal> {
  const output = new OutputCounter();
  const prefix = dialect.namespace === '' ? '' : `${dialect.namespace},`;
  const dataHead = Buffer.from(`42${prefix}["data","`);
  const envelopeBytes = dataHead.length + '"]'.length;
  const emit = (event: string, argument: unknown): void =>
    socket.sendText(`42${prefix}${JSON.stringify([event, argument])}`);
  let uncommittedBytes = 0;
  const received = (bytes: number): void => {
    output.add(bytes);
    if (dialect.commitBytes === null) return;
    uncommittedBytes += bytes;
    while (uncommittedBytes >= dialect.commitBytes) {
      uncommittedBytes -= dialect.commitBytes;
      emit('commit', dialect.commitBytes);
    }
  };
  const control = (message: string): void => {
    if (message === '2') socket.sendText('3');
    else if (message.startsWith('0')) socket.sendText(`40${prefix}`);
    else if (message.startsWith(`40${prefix}`)) dialect.start(emit);
    else if (message.startsWith(`42${prefix}["${dialect.endEvent}"`)) output.end();
  };
  const socket: RawWebSocket = new RawWebSocket(
    { port, path: '/socket.io/?EIO=4&transport=websocket' },
    {
      headBytes: (_, payloadBytes) =>
        payloadBytes <= CONTROL_BYTES || program.counting === 'content' ? payloadBytes : dataHead.length,
      onFrame: (opcode, payloadBytes, head) => {
        if (opcode !== TEXT) throw new Error(`Cannot follow Socket.IO: frame with opcode ${opcode}`);
        if (!dataHead.equals(head.subarray(0, dataHead.length))) {
          control(head.toString());
        } else if (program.counting === 'content') {
          const [, data] = JSON.parse(head.subarray(2 + prefix.length).toString()) as [string, string];
          received(Buffer.byteLength(data));
        } else {
          received(payloadBytes - envelopeBytes);
        }
      },
      onClose: () => output.end(),
    },
  );
  await socket.opened;
  await output.reach(1);
  return {
    get receivedBytes() {
      return output.receivedBytes;
    },
    ended: output.ended,
    reach: (bytes) => output.reach(bytes),
    write: (text) => emit(dialect.inputEvent, text),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close: async () => socket.close(),
  };
}
