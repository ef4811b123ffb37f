import * as z from 'zod';
import { integer, object, offset, oneOf } from '../fields.ts';

/**
 * More of the text that the last event of a channel told: that event again, with a number and a piece of its own. It stands in for an event that would
 * say nothing else that is new.
 */
export interface DeltaMessage {
  readonly type: 'delta';
  /** As in the event it goes on with. */
  readonly channel: number;
  /** One more than that of what came before on the channel. */
  readonly seq: number;
  readonly delta: string;
}

/** Schema of {@link DeltaMessage}. */
export const deltaMessageSchema: z.ZodType<DeltaMessage> = object<DeltaMessage>({
  type: oneOf(['delta']),
  channel: integer(0, 0xffff_ffff),
  seq: offset,
  delta: z.string(),
});
