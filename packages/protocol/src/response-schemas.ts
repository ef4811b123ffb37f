import * as z from 'zod';
import { type ErrorCode, errorCodes } from './errors.ts';
import { id, integer, MAX_DURATION_MS, object, offset, oneOf } from './fields.ts';
import type { FailureResponse, SuccessResponse } from './responses.ts';

type SuccessEnvelope = Omit<SuccessResponse, 'command' | 'data'> & {
  readonly command: string;
  readonly data: object;
};

/** Schema of a successful response, with any data in it. */
export const successResponseSchema: z.ZodType<SuccessEnvelope> = object<SuccessEnvelope>(
  { type: oneOf(['response']), command: z.string(), success: z.literal(true), data: z.looseObject({}) },
  { id, sessionVersion: offset, replayed: z.literal(true) },
);

/** Schema of a failure response. */
export const failureResponseSchema: z.ZodType<FailureResponse> = object<FailureResponse>(
  {
    type: oneOf(['response']),
    command: z.string(),
    success: z.literal(false),
    error: z.string().min(1),
    code: oneOf(Object.keys(errorCodes) as ErrorCode[]),
  },
  {
    id,
    retryAfterMs: integer(0, MAX_DURATION_MS),
    details: z.record(z.string(), z.unknown()),
    timedOut: z.literal(true),
    sessionVersion: offset,
    replayed: z.literal(true),
  },
);
