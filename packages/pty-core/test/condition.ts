import { setTimeout as delay } from 'node:timers/promises';

/** Waits until `holds` answers true; fails after the deadline, naming what was waited for. */
export async function until(
  holds: () => boolean,
  what: string | (() => string),
  deadlineMs: number = 60_000,
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!holds()) {
    if (performance.now() > deadline) {
      throw new Error(`Cannot go on: waited ${deadlineMs} ms for ${typeof what === 'string' ? what : what()}`);
    }
    await delay(2);
  }
}
