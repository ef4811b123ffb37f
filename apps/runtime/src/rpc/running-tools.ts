/** Characters of a tool's output that are kept, from its end. */
const MAX_OUTPUT_CHARS = 64 * 1024;

/** Tools that are remembered; above it the oldest is forgotten. */
const MAX_TOOLS = 256;

/** What is known of a tool that runs. */
interface RunningTool {
  readonly toolName: string;
  readonly args: unknown;
  output: string;
}

/** Tools that run, with what they have said, for clients that want all of it each time: the last 64 Ki characters each, of at most 256 tools. */
export class RunningTools {
  readonly #tools = new Map<string, RunningTool>();

  begin(toolCallId: string, toolName: string, args: unknown): void {
    this.#tools.set(toolCallId, { toolName, args, output: '' });
    if (this.#tools.size > MAX_TOOLS) this.#tools.delete(this.#tools.keys().next().value!);
  }

  /** Takes more of what a tool says. Returns the tool with all it said, or undefined for one that is not known. */
  update(toolCallId: string, delta: string, replaces: boolean): Readonly<RunningTool> | undefined {
    const tool = this.#tools.get(toolCallId);
    if (tool === undefined) return undefined;
    tool.output = ((replaces ? '' : tool.output) + delta).slice(-MAX_OUTPUT_CHARS);
    return tool;
  }

  end(toolCallId: string): void {
    this.#tools.delete(toolCallId);
  }

  clear(): void {
    this.#tools.clear();
  }
}
