import { describe, expect, it } from 'vitest';
import { permissionDialog } from './permission.ts';

const request = (toolCall: object, ...names: readonly string[]) =>
  permissionDialog({
    sessionId: 's',
    toolCall: { toolCallId: '1', ...toolCall },
    options: names.map((name, index) => ({ optionId: `option-${index}`, name, kind: 'allow_once' })),
  });

describe('permissionDialog', () => {
  it('[AG15] has a person choose between the names, and tells the agent which option that is', () => {
    const dialog = request({ title: 'rm -rf /' }, 'Allow', 'Reject');
    expect(dialog.question).toEqual({ method: 'select', title: 'rm -rf /', options: ['Allow', 'Reject'] });
    expect(dialog.answer({ value: 'Reject' })).toEqual({ outcome: { outcome: 'selected', optionId: 'option-1' } });
  });

  it('[AG15] tells that nothing was chosen', () => {
    const dialog = request({ title: 'x' }, 'Allow');
    expect(dialog.answer({ cancelled: true })).toEqual({ outcome: { outcome: 'cancelled' } });
    expect(dialog.answer({ value: 'never offered' })).toEqual({ outcome: { outcome: 'cancelled' } });
  });

  it('[AG15] tells options of the same name apart', () => {
    const dialog = request({ title: 'x' }, 'Allow', 'Allow');
    expect(dialog.question.options).toEqual(['Allow', 'Allow (allow once, 2)']);
    expect(dialog.answer({ value: 'Allow (allow once, 2)' })).toMatchObject({ outcome: { optionId: 'option-1' } });
  });

  it.each([
    [{ title: 'bash', rawInput: { command: 'ls' } }, 'bash: ls'],
    [{ title: 'Run ls', rawInput: { command: 'ls' } }, 'Run ls'],
    [{ kind: 'execute' }, 'execute'],
    [{}, 'tool'],
  ])('[AG15] asks %j with the title %s', (toolCall, title) => {
    expect(request(toolCall, 'Allow').question.title).toBe(title);
  });
});
