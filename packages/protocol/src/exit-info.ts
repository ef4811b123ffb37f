import type * as z from 'zod';
import { integer, object, oneOf, orNull, type RequiredFields, signalName } from './fields.ts';

/**
 * Why a program ended.
 *
 * `exited`: by itself, whatever its code · `signaled`: by a signal that the server did not send for an end · `terminated`: by
 * `terminate` or `delete_session` · `expired`: a lifetime or idle limit · `shutdown`: the server is ending · `lost`: the server was gone
 * while it ran, so nobody knows how · `failed`: an agent could not be kept running.
 */
export type ExitReason = 'exited' | 'signaled' | 'terminated' | 'expired' | 'shutdown' | 'lost' | 'failed';

/** How a program ended. Exactly one of `exitCode` and `signal` is not `null`, unless the status was lost or it is an agent, which has none: then both are. */
export interface ExitInfo {
  /** 0 to 255. */
  readonly exitCode: number | null;
  /** The name, for example `SIGTERM`; real-time signals as `SIG34`. */
  readonly signal: string | null;
  readonly reason: ExitReason;
}

/** The fields of {@link ExitInfo}, for what extends it. */
export const exitFields: RequiredFields<ExitInfo> = {
  exitCode: orNull(integer(0, 255)),
  signal: orNull(signalName),
  reason: oneOf(['exited', 'signaled', 'terminated', 'expired', 'shutdown', 'lost', 'failed']),
};

/** Schema of {@link ExitInfo}. */
export const exitInfo: z.ZodType<ExitInfo> = object<ExitInfo>(exitFields);
