import type { DialogRequest } from '@sessiond/protocol';
import { cutToCells } from '../cells.ts';
import type { Style } from '../style.ts';
import type { LiveArea } from './chat-screen.ts';
import { dialogRows } from './dialog.ts';
import type { LineEditor } from './line-editor.ts';
import { oneLine } from './tool-line.ts';

/** What stands below a conversation. */
export interface ChatView {
  /** What is under way. */
  readonly underWay: readonly string[];
  /** The question that is asked. */
  readonly dialog: DialogRequest | undefined;
  /** What waits for the agent to take it up. */
  readonly steering: readonly string[];
  readonly followUp: readonly string[];
  readonly status: { readonly text: string; readonly paint: 'faint' | 'notable' };
  readonly editor: LineEditor;
}

const PROMPT = '› ';
const ANSWER = '? ';
/** Of what waits to be taken up, so much is shown. */
const QUEUE_ROWS = 3;

/** The live area of a chat in rows of `cols` cells; the line that is typed takes at most half of the window's `rows`. */
export function chatArea(view: ChatView, cols: number, rows: number, style: Style): LiveArea {
  const { underWay, dialog, status, editor } = view;
  const above = [
    ...underWay,
    '',
    ...(dialog === undefined ? [] : dialogRows(dialog, cols, style)),
    ...queueTexts(view).map((text) => style.faint(cutToCells(text, cols))),
    style[status.paint](cutToCells(status.text, cols)),
  ];
  const line = editor.layout(dialog === undefined ? PROMPT : ANSWER, cols, Math.max(Math.floor(rows / 2), 1));
  return {
    rows: [...above, ...line.rows],
    cursorRow: above.length + line.cursorRow,
    cursorCol: line.cursorCol,
  };
}

function queueTexts({ steering, followUp }: ChatView): string[] {
  const texts = [
    ...steering.map((text) => `↳ before its next step: ${oneLine(text)}`),
    ...followUp.map((text) => `↳ when it is done: ${oneLine(text)}`),
  ];
  if (texts.length <= QUEUE_ROWS) return texts;
  return [...texts.slice(0, QUEUE_ROWS - 1), `↳ and ${texts.length - QUEUE_ROWS + 1} more`];
}
