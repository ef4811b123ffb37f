import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Calls back once when a request is over: its answer has been given to the kernel as a whole, or its connection is gone. Of somebody who is gone
 * already it calls back at once.
 *
 * The connection is listened to as well, because an answer that stands behind another one on it, as those of pipelined requests do, is told nothing
 * when it ends.
 */
export function whenOver({ socket }: IncomingMessage, response: ServerResponse, callback: () => void): void {
  let isOver = false;
  const over = (): void => {
    if (isOver) return;
    isOver = true;
    socket.off('close', over);
    callback();
  };
  if (socket.destroyed) {
    over();
    return;
  }
  // As many requests of one connection as there are places may wait.
  socket.setMaxListeners(0);
  socket.on('close', over);
  response.once('close', over);
}
