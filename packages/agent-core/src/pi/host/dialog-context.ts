import type { AgentEvent } from '@sessiond/protocol';
import type { DialogQuestion } from '../../backend.ts';
import { withEither } from '../../with-either.ts';
import type { OwnerPeer } from './owner-peer.ts';
import type { PiDialogOptions } from './pi-api.ts';

/** Who a context of dialogs is for. */
export interface DialogContextOptions {
  readonly session: string;
  readonly peer: OwnerPeer;
  readonly emit: (event: AgentEvent) => void;
  /** Aborted when the turn is: the dialogs are taken back. */
  readonly turn: () => AbortSignal;
}

/**
 * What extensions of pi talk to a person with. Dialogs go to the daemon, where a client answers them; notes and lines of state become events. What only a terminal
 * could show, such as widgets and key bindings, is accepted and shown nowhere.
 */
export function dialogContext(options: DialogContextOptions): Readonly<Record<string, unknown>> {
  const { session, peer, emit } = options;
  const ask = async (question: DialogQuestion, own: PiDialogOptions | undefined) => {
    const turn = options.turn();
    const limit = own?.timeout === undefined || own.timeout <= 0 ? {} : { timeoutMs: own.timeout };
    try {
      return await withEither(turn, own?.signal ?? turn, (either) =>
        peer.request('ask', { session, question: { ...question, ...limit } }, either),
      );
    } catch {
      return { cancelled: true as const };
    }
  };
  const text = async (question: DialogQuestion, own?: PiDialogOptions) => (await ask(question, own)).value;
  return {
    select: (title: string, choices: readonly string[], own?: PiDialogOptions) =>
      text({ method: 'select', title, options: [...choices] }, own),
    confirm: async (title: string, message: string, own?: PiDialogOptions) =>
      (await ask({ method: 'confirm', title, message }, own)).confirmed ?? false,
    input: (title: string, placeholder?: string, own?: PiDialogOptions) =>
      text({ method: 'input', title, ...(placeholder === undefined ? {} : { placeholder }) }, own),
    editor: (title: string, prefill?: string) =>
      text({ method: 'editor', title, ...(prefill === undefined ? {} : { prefill }) }),
    notify: (message: string, level?: string) =>
      emit({ type: 'extension_notify', message, level: level === 'warning' || level === 'error' ? level : 'info' }),
    setStatus: (key: string, line: string | undefined) =>
      emit({ type: 'extension_status', key, ...(line === undefined ? {} : { text: line }) }),
    ...SHOWN_NOWHERE,
  };
}

const nothing = (): void => {};

/** What only a terminal has. */
const SHOWN_NOWHERE: Readonly<Record<string, unknown>> = Object.freeze({
  onTerminalInput: () => nothing,
  setWorkingMessage: nothing,
  setWorkingVisible: nothing,
  setWorkingIndicator: nothing,
  setHiddenThinkingLabel: nothing,
  setWidget: nothing,
  setFooter: nothing,
  setHeader: nothing,
  setTitle: nothing,
  custom: async () => undefined,
  pasteToEditor: nothing,
  setEditorText: nothing,
  getEditorText: () => '',
  addAutocompleteProvider: nothing,
  setEditorComponent: nothing,
  getEditorComponent: () => undefined,
  theme: plainTheme(),
  getAllThemes: () => [],
  getTheme: () => undefined,
  setTheme: () => ({ success: false, error: 'There is no terminal' }),
  getToolsExpanded: () => false,
  setToolsExpanded: nothing,
});

/** Colours nothing: each of its methods answers with the text it is given last. */
function plainTheme(): object {
  return new Proxy(
    {},
    {
      get: (_target, name) =>
        typeof name === 'symbol' || name === 'then' ? undefined : (...args: unknown[]) => args.at(-1),
    },
  );
}
