import { StringDecoder } from 'node:string_decoder';
import type { AgentEvent, AgentMessage } from '@sessiond/protocol';
import type { AgentOwner, OpenAgent } from '../backend.ts';

/** How much of the end of an output is kept, in characters, which are at most three bytes each: less than 16 KiB. */
const MAX_OUTPUT = 5000;

/** A call of the one tool that the fake agent has. */
export interface FakeToolCall {
  readonly toolCallId: string;
  readonly command: string;
  readonly request: OpenAgent;
  readonly owner: Pick<AgentOwner, 'runShell'>;
  readonly emit: (event: AgentEvent) => void;
}

/** Runs a line of shell through the owner, tells what it says, and answers with the message of the tool. Never rejects: also an abort is a result. */
export async function runFakeTool(
  { toolCallId, command, request, owner, emit }: FakeToolCall,
  signal: AbortSignal,
): Promise<Omit<AgentMessage, 'timestamp'>> {
  const toolName = 'bash';
  const decoder = new StringDecoder('utf8');
  let output = '';
  let truncated = false;
  const say = (delta: string) => {
    if (delta === '') return;
    truncated ||= output.length + delta.length > MAX_OUTPUT;
    output = (output + delta).slice(-MAX_OUTPUT);
    emit({ type: 'tool_execution_update', toolCallId, delta });
  };
  emit({ type: 'tool_execution_start', toolCallId, toolName, args: { command } });
  let isError = false;
  try {
    const exitCode = await runShell(owner, request, command, (bytes) => say(decoder.write(bytes)), signal);
    say(decoder.end());
    isError = exitCode !== 0;
    if (isError) say(`\nIt ended with ${exitCode ?? 'a signal'}.`);
  } catch (error) {
    isError = true;
    say(error instanceof Error ? error.message : 'The command was ended.');
  }
  emit({ type: 'tool_execution_end', toolCallId, toolName, isError, output, truncated });
  return { role: 'toolResult', content: [{ type: 'text', text: output }], toolCallId, toolName, isError };
}

async function runShell(
  owner: Pick<AgentOwner, 'runShell'>,
  { cwd, toolEnv }: OpenAgent,
  command: string,
  onOutput: (bytes: Uint8Array) => void,
  signal: AbortSignal,
): Promise<number | null> {
  if (owner.runShell === undefined) throw new Error('Cannot run command: there is no shell here');
  const { exitCode } = await owner.runShell({ command, cwd, env: toolEnv, timeoutMs: undefined, onOutput }, signal);
  return exitCode;
}
