import { type BuiltManager, type BuiltPtyCore, type BuiltReader, importBuilt } from './built-pty-core.ts';
import type { Consumer, OverflowAccount, StressTerminal } from './stress-terminal.ts';

interface OverflowEvent {
  readonly droppedBytesSinceLastEvent: number;
  readonly timestamp: number;
}

/** Opens a flood with our library and checks its figures along the way. */
export async function loadStressPtyCore(): Promise<
  (argv: readonly string[], capacityBytes: number, consumer: Consumer) => StressTerminal
> {
  const { PtyManager, childEnvironment } = await importBuilt<BuiltPtyCore>('index.js');
  const manager = new PtyManager();
  const env = childEnvironment(process.env);
  return ([command, ...args], capacityBytes, consumer) => {
    const overflow = overflowEvents(manager);
    const pty = manager.spawn({ command: command!, args, env, bufferBytes: capacityBytes });
    let reader: BuiltReader | undefined;
    let consumedBytes = 0;
    let gapBytes = 0;
    let looks = 0;
    let overCapacity = 0;
    let inexact = 0;
    const look = (): void => {
      const { start, floor, end, totalDropped } = pty.output.snapshot();
      looks += 1;
      if (end - start > capacityBytes || end - floor > capacityBytes) overCapacity += 1;
      if (end - totalDropped - consumedBytes !== end - floor) inexact += 1;
    };
    const consume = (maxBytes: number): void => {
      let left = maxBytes;
      while (left > 0) {
        const chunk = reader?.next(left);
        if (chunk === undefined || chunk.kind === 'end') return;
        if (chunk.kind === 'gap') {
          gapBytes += chunk.to - chunk.from;
          continue;
        }
        consumedBytes += chunk.bytes.length;
        left -= chunk.bytes.length;
        reader!.acknowledge(chunk.offset + chunk.bytes.length);
      }
    };
    if (consumer !== 'absent') {
      reader = pty.output.openReader('start', () => {
        if (consumer === 'fast') consume(Number.POSITIVE_INFINITY);
      });
    }
    return {
      ended: pty.stopped,
      get arrivedBytes() {
        return pty.output.snapshot().end;
      },
      get consumedBytes() {
        return consumedBytes;
      },
      write: (text) => pty.write(Buffer.from(text)),
      consume,
      look,
      account: () => {
        const droppedBytes = pty.output.snapshot().totalDropped;
        return { looks, overCapacity, inexact, droppedBytes, gapBytes, overflow: overflow() };
      },
    };
  };
}

function overflowEvents(manager: BuiltManager): () => OverflowAccount {
  const events: OverflowEvent[] = [];
  manager.onEvent((event) => {
    if (event.type === 'pty.buffer.overflow') events.push(event as unknown as OverflowEvent);
  });
  return () => {
    const timed = events.slice(0, -1).map(({ timestamp }) => timestamp);
    const intervals = timed.slice(1).map((timestamp, index) => timestamp - timed[index]!);
    return {
      events: events.length,
      droppedBytes: events.reduce((sum, event) => sum + event.droppedBytesSinceLastEvent, 0),
      shortestIntervalMs: intervals.length === 0 ? null : Math.min(...intervals),
    };
  };
}
