import { decodeCommand, encodeFrame, failureResponse, type Response, successResponse } from '@sessiond/protocol';
import { decodeFrame } from '@sessiond/protocol/client';

/** A server of one command: whatever the text, it answers and does not throw. */
function answer(text: string): Response {
  const decoded = decodeCommand(text);
  if (!decoded.ok) return failureResponse({ id: decoded.id, type: decoded.command }, decoded.error);
  const { command } = decoded;
  if (command.type !== 'input') return failureResponse(command, { code: 'FORBIDDEN', message: 'Cannot run it: no' });
  return successResponse(command, { bytes: command.data?.length ?? 0 });
}

const good = answer('{"type":"input","id":"1","sessionId":"build","data":"make\\r"}');
console.log(good.success && good.data); // { bytes: 5 }

const bad = answer('{"type":"resize","sessionId":"build","cols":"wide","rows":24}');
console.log(!bad.success && bad.error); // Cannot accept resize: cols must be an integer from 1 to 10000

const frame = decodeFrame(encodeFrame({ kind: 'end', channel: 1, offset: 108_894 }));
console.log(frame.ok && frame.frame); // { kind: 'end', channel: 1, offset: 108894 }
