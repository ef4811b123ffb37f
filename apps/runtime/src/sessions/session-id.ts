import { randomInt } from 'node:crypto';

const RANDOM_SPACE = 36 ** 5;

/**
 * A new session id: lower-case letters and digits, eight for the millisecond, five at random.
 * Ids sort by the time they were made and are short enough to be typed.
 */
export function newSessionId(nowMs: number = Date.now()): string {
  return nowMs.toString(36).padStart(8, '0') + randomInt(RANDOM_SPACE).toString(36).padStart(5, '0');
}
