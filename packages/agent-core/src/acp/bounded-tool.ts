import { endOfText } from '../end-of-text.ts';
import { isRecord } from './json.ts';
import type { ToolUpdate, UpdateContent } from './session-update.ts';

/** How much of what a tool says is told while it runs, in characters; its end is told when it has ended. */
export const MAX_TOLD = 262_144;

/** The end of a tool's result that is told, and its largest arguments as JSON, in bytes. */
export const MAX_RESULT_BYTES = 16_384;

/** News of a tool with its result in words. */
export type BoundedTool = Omit<ToolUpdate, 'output'> & { readonly output?: string };

/**
 * News of a tool with no more than can be told of it: arguments of more than 16 KiB are left out, of a result the last 32 KiB stay, and of longer content the first
 * 256 KiB and the last 16 KiB. A line of the agent may have a thousand times that, and calls of tools can stay open.
 */
export function boundedTool({ input, output, content, ...update }: ToolUpdate): BoundedTool {
  return {
    ...update,
    ...(input !== undefined && isSmall(input) && { input }),
    // Twice what is told, so that it shows that something is missing.
    ...(output !== undefined && { output: endOfText(wordsOf(output), 2 * MAX_RESULT_BYTES).text }),
    ...(content !== undefined && { content: withoutMiddle(content.map(withoutPicture)) }),
  };
}

function isSmall(value: unknown): boolean {
  return Buffer.byteLength(JSON.stringify(value) ?? '') <= MAX_RESULT_BYTES;
}

/** A result in words. */
function wordsOf(output: unknown): string {
  if (typeof output === 'string') return output;
  if (isRecord(output) && typeof output['output'] === 'string') return output['output'];
  return JSON.stringify(output);
}

function withoutPicture(part: UpdateContent): UpdateContent {
  return part.type === 'image' ? { type: 'text', text: `[${part.image.mimeType}]` } : part;
}

function withoutMiddle(content: readonly UpdateContent[]): readonly UpdateContent[] {
  const total = content.reduce((sum, part) => sum + (part.type === 'text' ? part.text.length : 0), 0);
  if (total <= MAX_TOLD + MAX_RESULT_BYTES) return content;
  let before = 0;
  return content.flatMap((part): readonly UpdateContent[] => {
    if (part.type !== 'text') return [part];
    const head = part.text.slice(0, Math.max(0, MAX_TOLD - before));
    const tail = part.text.slice(Math.max(head.length, total - MAX_RESULT_BYTES - before));
    before += part.text.length;
    // Copied: a slice would keep the whole text in memory.
    return head + tail === '' ? [] : [{ type: 'text', text: Buffer.from(head + tail, 'utf16le').toString('utf16le') }];
  });
}
