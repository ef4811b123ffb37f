import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSessionUpdate } from './session-update.ts';

const KINDS = [
  'user_message_chunk',
  'agent_message_chunk',
  'agent_thought_chunk',
  'tool_call',
  'tool_call_update',
  'plan',
  'available_commands_update',
  'current_mode_update',
  'config_option_update',
  'session_info_update',
  'usage_update',
  'notice',
  'compaction_update',
];

describe('readSessionUpdate', () => {
  it.each([
    [
      'agent_message_chunk',
      { content: { type: 'text', text: 'hi' } },
      { kind: 'text', content: { type: 'text', text: 'hi' } },
    ],
    [
      'agent_thought_chunk',
      { content: { type: 'resource_link', uri: 'file:///a', name: 'a' } },
      { kind: 'thought', content: { type: 'text', text: 'file:///a' } },
    ],
    [
      'user_message_chunk',
      { content: { type: 'image', data: 'AA==', mimeType: 'image/png' } },
      { kind: 'user', content: { type: 'image', image: { type: 'image', data: 'AA==', mimeType: 'image/png' } } },
    ],
    [
      'agent_message_chunk',
      { content: { type: 'resource', resource: { uri: 'file:///a', text: 'all of it' } } },
      { kind: 'text', content: { type: 'text', text: 'all of it' } },
    ],
    [
      'plan',
      { entries: [{ content: 'Look', priority: 'low', status: 'completed' }, { content: 7 }, { content: 'Act' }] },
      {
        kind: 'plan',
        entries: [
          { content: 'Look', status: 'completed' },
          { content: 'Act', status: 'pending' },
        ],
      },
    ],
    [
      'available_commands_update',
      { availableCommands: [{ name: 'init', description: 'Begins' }, {}] },
      { kind: 'commands', commands: [{ name: 'init', description: 'Begins', source: 'agent' }] },
    ],
    ['current_mode_update', { currentModeId: 'plan' }, { kind: 'mode', modeId: 'plan' }],
    ['session_info_update', { title: 'A talk' }, { kind: 'title', title: 'A talk' }],
    [
      'usage_update',
      { used: 10, size: 100, cost: { amount: 0.5, currency: 'USD' } },
      { kind: 'usage', used: 10, size: 100, cost: 0.5 },
    ],
    ['usage_update', { used: 1, size: 2, cost: { amount: 3, currency: 'EUR' } }, { kind: 'usage', used: 1, size: 2 }],
    [
      'notice',
      { severity: 'error', title: 'Oh', description: 'No' },
      { kind: 'notice', level: 'error', message: 'Oh: No' },
    ],
    ['compaction_update', { compactionId: 'c', status: 'in_progress' }, { kind: 'compaction', state: 'begun' }],
    [
      'compaction_update',
      { compactionId: 'c', status: 'failed', error: 'too small' },
      { kind: 'compaction', state: 'failed', error: 'too small' },
    ],
  ])('[AC01] reads a %s', (sessionUpdate, fields, expected) => {
    expect(readSessionUpdate({ sessionUpdate, ...fields })).toEqual(expected);
  });

  it('[AC01] reads a call of a tool, with what it has to show', () => {
    expect(
      readSessionUpdate({
        sessionUpdate: 'tool_call',
        toolCallId: '1',
        title: 'Edit of a file',
        kind: 'edit',
        status: 'in_progress',
        rawInput: { path: 'a' },
        content: [
          { type: 'content', content: { type: 'text', text: 'x' } },
          { type: 'terminal', terminalId: 't' },
          { type: 'diff', path: 'a', oldText: 'one\ntwo', newText: 'three' },
          { type: 'unheard of' },
        ],
      }),
    ).toEqual({
      kind: 'tool',
      toolCallId: '1',
      name: 'edit',
      title: 'Edit of a file',
      status: 'in_progress',
      input: { path: 'a' },
      content: [
        { type: 'text', text: 'x' },
        { type: 'terminal', terminalId: 't' },
        { type: 'text', text: 'a: 2 lines replaced by 1\n' },
      ],
    });
  });

  it.each([
    [{ name: 'bash', title: 'ls -l', kind: 'execute' }, 'bash'],
    [{ title: 'bash', kind: 'execute' }, 'bash'],
    [{ title: 'ls -l /', kind: 'execute' }, 'execute'],
    [{ title: 'Looks around' }, 'Looks around'],
  ])('[AC01] calls the tool of %j %s', (fields, name) => {
    expect(readSessionUpdate({ sessionUpdate: 'tool_call', toolCallId: '1', ...fields })).toMatchObject({ name });
  });

  it('[AC01] never throws, whatever an agent sends, and knows nothing of what is new', () => {
    const anything = fc.record(
      Object.fromEntries(
        [
          'content',
          'entries',
          'availableCommands',
          'configOptions',
          'used',
          'size',
          'cost',
          'title',
          'toolCallId',
          'status',
        ].map((name) => [name, fc.anything()]),
      ),
    );
    fc.assert(
      fc.property(fc.constantFrom(...KINDS), anything, (sessionUpdate, fields) => {
        readSessionUpdate({ ...fields, sessionUpdate });
      }),
    );
    fc.assert(
      fc.property(fc.anything(), (update) => {
        expect(readSessionUpdate(update)).toBeUndefined();
      }),
    );
    expect(readSessionUpdate({ sessionUpdate: 'invented_later' })).toBeUndefined();
  });
});
