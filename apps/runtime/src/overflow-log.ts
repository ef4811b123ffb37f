import type { PtyManager, Unsubscribe } from '@sessiond/pty-core';
import type { Logger } from './logger.ts';

/** Warns once of every terminal that lost output because nobody read it in time; its later losses are events and counts. */
export function logOverflows(ptys: Pick<PtyManager, 'onEvent'>, logger: Logger): Unsubscribe {
  return ptys.onEvent((event) => {
    if (event.type !== 'pty.buffer.overflow') return;
    const { droppedBytesSinceLastEvent, totalDroppedBytes, sessionId, laneId } = event;
    if (droppedBytesSinceLastEvent < totalDroppedBytes) return;
    logger.warn(
      { event: 'overflow', sessionId, laneId, droppedBytes: totalDroppedBytes },
      'output was overwritten before anybody had read it; more of the same session is not logged',
    );
  });
}
