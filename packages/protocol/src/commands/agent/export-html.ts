import * as z from 'zod';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { object, sessionId } from '../../fields.ts';

/** Makes a page of a conversation. */
export interface ExportHtmlCommand extends SessionCommandEnvelope {
  readonly type: 'export_html';
}

/** The page. */
export interface ExportHtmlData {
  readonly sessionId: string;
  /** At most 8 MiB as UTF-8; a larger one is refused. */
  readonly html: string;
}

/** Contract of `export_html`. */
export const exportHtml: CommandContract<ExportHtmlCommand, ExportHtmlData> = contract({
  type: 'export_html',
  summary: 'Makes a page of the conversation, to be kept or shown to others.',
  appliesTo: 'agent',
  scope: 'sessions:write',
  timeoutClass: 'spawn',
  audited: true,
  example: { type: 'export_html', id: 'c-90', sessionId: 'agent-1' },
  exampleData: { sessionId: 'agent-1', html: '<!doctype html>…' },
  schema: () => sessionCommand<ExportHtmlCommand>('export_html'),
  dataSchema: () => object<ExportHtmlData>({ sessionId, html: z.string() }),
});
