import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** An extension with a tool that asks a person, one that asks in every other way, and one that does not let go of the processor. */
const TOOLS = `
export default (pi) => {
  const tool = (name, execute) => pi.registerTool({
    name, label: name, description: name, parameters: { type: 'object', properties: {} }, execute,
  });
  tool('ask', async (_id, _args, _signal, _update, context) => {
    const choice = await context.ui.select('Which?', ['red', 'green']);
    return { content: [{ type: 'text', text: 'chose ' + choice }], details: {} };
  });
  tool('confirm', async (_id, _args, _signal, _update, context) => {
    const sure = await context.ui.confirm('Sure?', 'Really?');
    const line = await context.ui.input('Why?', 'because');
    const text = await context.ui.editor('More?', 'Dear');
    context.ui.notify('Noted.', 'info');
    return { content: [{ type: 'text', text: [sure, line, text].join(' ') }], details: {} };
  });
  tool('spin', async () => { await new Promise((resolve) => setTimeout(resolve, 50)); for (;;); });
};
`;

/** Gives the workspace of a pi agent the tools `ask`, `confirm` and `spin`, which pi loads where the workspace is trusted. */
export function writePiExtension(workspace: string): void {
  const dir = join(workspace, '.pi', 'extensions');
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'tools.js'), TOOLS);
}
