import type { PiContent } from './pi-api.ts';

/** How much of the end of what a tool said is told. */
const MAX_TOLD_CHARACTERS = 16_384;
/** How much of the end of an output is remembered; pi itself keeps 50 KB of what a command says. */
const MAX_REMEMBERED_CHARACTERS = 65_536;
/** How much of the end of the last output must be found again for the new one to be its continuation. */
const ANCHOR_CHARACTERS = 256;

/** What a tool has said more. */
export interface ToolDelta {
  readonly delta: string;
  readonly replaces?: true;
}

/**
 * Finds out what a tool says anew. pi tells the whole output each time, or its last 50 KB; here only what came after the last time is told, and where that cannot
 * be told from a window that has moved on, the end of what there is now, in place of everything before.
 *
 * Holds the last 64 Ki characters of what each tool that runs has said.
 */
export class ToolOutputs {
  readonly #last = new Map<string, string>();

  /** @returns what is new, or nothing if nothing is. */
  update(toolCallId: string, whole: string): ToolDelta | undefined {
    const output = whole.slice(-MAX_REMEMBERED_CHARACTERS);
    const last = this.#last.get(toolCallId) ?? '';
    this.#last.set(toolCallId, output);
    if (output === last) return undefined;
    const fresh = continuation(last, output);
    if (fresh !== undefined && fresh.length <= MAX_TOLD_CHARACTERS) return fresh === '' ? undefined : { delta: fresh };
    return { delta: output.slice(-MAX_TOLD_CHARACTERS), replaces: true };
  }

  /** Forgets a tool that has ended. */
  end(toolCallId: string): void {
    this.#last.delete(toolCallId);
  }

  /** Forgets all. */
  clear(): void {
    this.#last.clear();
  }
}

/** What follows `last` in `output`; `undefined` if `last` is not in it. */
function continuation(last: string, output: string): string | undefined {
  if (output.startsWith(last)) return output.slice(last.length);
  const anchor = last.slice(-ANCHOR_CHARACTERS);
  const at = output.lastIndexOf(anchor);
  if (anchor.length < ANCHOR_CHARACTERS || at === -1) return undefined;
  const end = at + anchor.length;
  // Everything before the anchor must be the same too, as far as both know it.
  return last.endsWith(output.slice(0, end)) ? output.slice(end) : undefined;
}

/** The text of a tool's result. */
export function resultText(result: unknown): string {
  const content = typeof result === 'object' && result !== null && 'content' in result ? result.content : undefined;
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return (content as readonly PiContent[]).map((part) => (part.type === 'text' ? part.text : '')).join('');
}

/** The end of a tool's result, as much as an event carries. */
export function endOfOutput(output: string): { readonly output: string; readonly truncated: boolean } {
  return { output: output.slice(-MAX_TOLD_CHARACTERS), truncated: output.length > MAX_TOLD_CHARACTERS };
}
