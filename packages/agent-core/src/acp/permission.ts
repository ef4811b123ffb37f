import type { RequestPermissionRequest, RequestPermissionResponse } from '@agentclientprotocol/sdk';
import type { DialogAnswer } from '@sessiond/protocol';
import type { DialogQuestion } from '../backend.ts';
import { isRecord } from './json.ts';

/** Longest title of a dialog. */
const MAX_TITLE = 1_000;

/** An agent's request for leave, as a question to a person. */
export interface PermissionDialog {
  readonly question: DialogQuestion;
  /** What the agent is told. */
  answer(answer: DialogAnswer): RequestPermissionResponse;
}

/** Makes a choice between the names of the options; names that several options have are told apart by what they do and where they stand. */
export function permissionDialog({ toolCall, options }: RequestPermissionRequest): PermissionDialog {
  const byName = new Map<string, string>();
  for (const [index, { name, kind, optionId }] of options.entries()) {
    byName.set(byName.has(name) ? `${name} (${kind.replace('_', ' ')}, ${index + 1})` : name, optionId);
  }
  return {
    question: { method: 'select', title: title(toolCall), options: [...byName.keys()] },
    answer({ value }) {
      const optionId = value === undefined ? undefined : byName.get(value);
      return { outcome: optionId === undefined ? { outcome: 'cancelled' } : { outcome: 'selected', optionId } };
    },
  };
}

/** What is asked for: the words of the agent, and the command if they do not contain it. */
function title({ title, name, kind, rawInput }: RequestPermissionRequest['toolCall']): string {
  const words = title ?? name ?? kind ?? 'tool';
  const command = isRecord(rawInput) ? rawInput['command'] : undefined;
  const whole = typeof command === 'string' && !words.includes(command) ? `${words}: ${command}` : words;
  return whole.slice(0, MAX_TITLE);
}
