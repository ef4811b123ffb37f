import * as z from 'zod';
import { type EventContracts, eventContract } from './event-contract.ts';
import type { BashEventType } from './events.ts';
import { base64, elapsedMs, integer, offset, oneOf, orNull, processId, signalName } from './fields.ts';

/** The contracts of the events of a `bash` command. */
export const bashEventContracts: EventContracts<BashEventType> = {
  'bash.started': eventContract('bash.started', 'The shell of a `bash` command runs.', { pid: processId }),
  'bash.output': eventContract(
    'bash.output',
    'A `bash` command wrote something. `data` where it is UTF-8, `dataBase64` where it is not; `offset` counts the bytes of both streams, so a hole says that output was left out.',
    { stream: oneOf(['stdout', 'stderr']), offset, bytes: offset },
    { data: z.string(), dataBase64: base64 },
  ),
  'bash.finished': eventContract('bash.finished', 'A `bash` command is over, and all it wrote has been told.', {
    reason: oneOf(['exit', 'timeout', 'aborted']),
    exitCode: orNull(integer(0, 255)),
    signal: orNull(signalName),
    totalBytes: offset,
    durationMs: elapsedMs,
  }),
};
