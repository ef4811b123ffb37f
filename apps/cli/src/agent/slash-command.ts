/** What a line that begins with a slash asks the chat for. */
export type SlashCommand =
  | { readonly name: 'model'; readonly model: string | undefined }
  | { readonly name: 'models' }
  | { readonly name: 'thinking'; readonly level: string | undefined }
  | { readonly name: 'thoughts' }
  | { readonly name: 'compact'; readonly instructions: string | undefined }
  | { readonly name: 'stats' }
  | { readonly name: 'abort' }
  | { readonly name: 'quit' }
  | { readonly name: 'help' };

/** What `/help` and the notes of the command say; to be fitted to the window. */
export const CHAT_HELP = `Enter sends. While the agent works, what is sent steers it; behind a leading > it
is a follow-up, for when the agent is done. Ctrl-C aborts what it works on, or
clears the line; again, it leaves, and so does Ctrl-D. The session goes on.
Alt-Enter or Ctrl-J begins a new line, Ctrl-G opens $EDITOR, the arrows bring
back what was sent.

/model [NAME]      show or choose the model
/models            list the models
/thinking [LEVEL]  show or choose how much it thinks
/thoughts          show what it thinks, or fold it
/compact [HINTS]   have it sum up what was said
/stats             messages and tokens
/abort             like Ctrl-C
/quit              leave

Other words behind a slash go to the agent, which may know them.`;

/** Reads a line as a command of the chat; `undefined` for what is meant for the agent. */
export function slashCommand(line: string): SlashCommand | undefined {
  const [, name, rest] = /^\/(\w+)(?:\s+(.*))?$/s.exec(line.trim()) ?? [];
  const argument = rest === undefined || rest.trim() === '' ? undefined : rest.trim();
  switch (name) {
    case 'model':
      return { name, model: argument };
    case 'thinking':
      return { name, level: argument };
    case 'compact':
      return { name, instructions: argument };
    case 'models':
    case 'thoughts':
    case 'stats':
    case 'abort':
    case 'quit':
    case 'help':
      return { name };
    default:
      return undefined;
  }
}
