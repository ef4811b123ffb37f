import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../contract.ts';
import { base64, flag, id, integer, object, offset } from '../fields.ts';
import { type StreamPosition, type StreamRange, streamPosition } from '../stream-position.ts';

/** Reads a piece of the output without attaching. */
export interface ReadOutputCommand extends SessionCommandEnvelope {
  readonly type: 'read_output';
  /** Where to begin; default `start`. */
  readonly from?: StreamPosition;
  /** The stream `from` belongs to; refused with `INVALID_STATE` if the session has another one. */
  readonly streamId?: string;
  /** 1 to 1,048,576; default 262,144. */
  readonly maxBytes?: number;
}

/** The bytes from `from` up to `next`. */
export interface ReadOutputData {
  readonly streamId: string;
  /** The offset of the first byte of the data. */
  readonly from: number;
  /** The offset after the last byte of the data: where to read on. */
  readonly next: number;
  readonly dataBase64: string;
  /** Present when bytes from the asked offset on are no longer held; `to` equals `from` of the data. */
  readonly gap?: StreamRange;
  /** The oldest offset held. */
  readonly start: number;
  /** The offset after the newest byte; `next` equal to it means all was read for now. */
  readonly end: number;
  /** Whether the output is over: then `end` is final. */
  readonly ended: boolean;
}

/** Contract of `read_output`. */
export const readOutput: CommandContract<ReadOutputCommand, ReadOutputData> = contract({
  type: 'read_output',
  summary: 'Reads held output from an offset on; reading removes nothing. An offset after the end is `INVALID_STATE`.',
  appliesTo: 'pty',
  scope: 'sessions:read',
  example: { type: 'read_output', id: 'c-17', sessionId: 'build', from: 0, maxBytes: 65_536 },
  exampleData: {
    streamId: 'st-1',
    from: 1024,
    next: 1029,
    dataBase64: 'aGVsbG8=',
    gap: { from: 0, to: 1024 },
    start: 1024,
    end: 1029,
    ended: false,
  },
  schema: () =>
    sessionCommand<ReadOutputCommand>(
      'read_output',
      {},
      {
        from: streamPosition,
        streamId: id,
        maxBytes: integer(1, 1_048_576),
      },
    ),
  dataSchema: () =>
    object<ReadOutputData>(
      { streamId: id, from: offset, next: offset, dataBase64: base64, start: offset, end: offset, ended: flag },
      { gap: object<StreamRange>({ from: offset, to: offset }) },
    ),
});
