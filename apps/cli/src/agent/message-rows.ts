import type { AgentMessage, MessageContent } from '@sessiond/protocol';
import type { Style } from '../style.ts';
import { plainText } from './plain-text.ts';
import { wrapped } from './text-flow.ts';
import { argumentText } from './tool-line.ts';

/** What stands before what a person says. */
const PERSON = '❯ ';

/** A message that is whole as rows: what a person said behind a mark, tool calls on a line each, notices dimmed. */
export function messageRows(message: AgentMessage, cols: number, style: Style): string[] {
  const { role, content } = message;
  if (role === 'toolResult') return [];
  const texts = content.map(contentText).filter((text) => text !== '');
  if (role === 'user') return marked(texts.join('\n'), cols).map(style.notable);
  const rows = texts.flatMap((text) => wrapped(text, cols));
  return role === 'assistant' ? rows : rows.map(style.faint);
}

function marked(text: string, cols: number): string[] {
  return wrapped(text, cols - PERSON.length).map((row, at) => `${at === 0 ? PERSON : '  '}${row}`);
}

function contentText(part: MessageContent): string {
  switch (part.type) {
    case 'text':
      return plainText(part.text);
    case 'image':
      return `[picture, ${plainText(part.mimeType)}]`;
    case 'toolCall':
      return `✓ ${plainText(part.name)} ${argumentText(part.arguments)}`;
    case 'thinking':
      return '';
  }
}
