import { type ModelReply, modelText } from './model-reply.ts';
import type { ModelRequest } from './model-request.ts';

/**
 * What the model says when a test has not decided otherwise: the first word of the prompt tells, the rest of its line is its argument.
 *
 * `say <text>` · `stream <tokens> [msPerToken]` · `think <tokens>` (then says `Thought.`) · `bash <command>` (calls the tool that runs a line of
 * shell, and says what it answered) · `hang headers|first-token|end` · `break` (ends the connection) · `fail <status> [retryAfterSeconds]` · `wait <ms>` (to the first
 * token). Anything else: `You said: ` and the first 200 characters of it, or how many pictures came with it.
 */
export function scriptedReply(request: ModelRequest): ModelReply {
  const toolResult = request.toolResults.at(-1);
  if (toolResult !== undefined) return { text: `The tool said: ${toolResult}` };
  const line = request.prompt.split('\n', 1)[0]!;
  const space = line.indexOf(' ');
  const word = space === -1 ? line : line.slice(0, space);
  const rest = space === -1 ? '' : line.slice(space + 1);
  const [first = '', second = ''] = rest.split(' ');
  switch (word) {
    case 'say':
      return { text: rest };
    case 'stream':
      return { text: modelText(Number(first)), msPerToken: Number(second) };
    case 'think':
      return { thinking: modelText(Number(first)), text: 'Thought.' };
    case 'bash':
      return {
        toolCalls: [{ name: shellOf(request), arguments: { command: rest, description: 'Runs what the test wants' } }],
      };
    case 'hang':
      return { text: 'Begun.', hangsBefore: first as 'headers' | 'first-token' | 'end' };
    case 'break':
      return { text: 'Begun.', breaksOff: true };
    case 'fail':
      return { status: Number(first), ...(second !== '' && { retryAfterSeconds: Number(second) }) };
    case 'wait':
      return { text: 'Waited.', firstTokenMs: Number(first) };
    default:
      if (request.images > 0) return { text: `You showed ${request.images} pictures.` };
      return { text: `You said: ${request.prompt.slice(0, 200)}` };
  }
}

/** What the agent calls its tool for lines of shell. */
function shellOf({ tools }: ModelRequest): string {
  return tools.includes('run_shell_command') ? 'run_shell_command' : 'bash';
}
